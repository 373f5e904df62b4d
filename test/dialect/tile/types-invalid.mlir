// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What types refuse.

// expected-error @below {{axis `K` has extent 0, at least 1 is expected}}
func.func @extent(%a: !tile.t<[key(K):0], f32>)

// -----

// expected-error @below {{two axes are called `K`}}
func.func @twice(%a: !tile.t<[key(K):2, value(K):2], f32>)

// -----

// expected-error @below {{element type is f32, f64 or i1, not 'bf16'}}
func.func @element(%a: !tile.t<[key(K):2], bf16>)

// -----

// expected-error @below {{an axis is called `time` if and only if that is its kind}}
func.func @time(%a: !tile.t<[key(time):2], f32>)

// -----

// expected-error @below {{an axis is called `source` if and only if that is its kind}}
func.func @source(%a: !tile.t<[source(s):2], f32>)

// -----

// expected-error @below {{unknown kind of axis `row`}}
func.func @kind(%a: !tile.t<[row:2], f32>)

// -----

// expected-error @below {{expected `token` or `head`, found `batch`}}
func.func @per(%a: !tile.tensor<batch, [2], f32>)

// -----

// expected-error @below {{a tensor's dim is 0, at least 1 is expected}}
func.func @dim(%a: !tile.tensor<head, [0], f32>)

// -----

// tensor_element_type
// expected-error @below {{a tensor's element type is f32, bf16 or f16, not 'f64'}}
func.func private @tensor(!tile.tensor<token, [3], f64>)
