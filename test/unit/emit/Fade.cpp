#include "test/unit/emit/Fade.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/emit/Leaky.h"

namespace mixc::test {

static constexpr const char *fade = R"(
mix.mixer @fade dims [] {
  %x1 = mix.input "x[1]" {mix.family = #mix.family<"x", 0 of 2>} : !mix.t<[], head>
  %x2 = mix.input "x[2]" {mix.family = #mix.family<"x", 1 of 2>} : !mix.t<[], head>
  %g = mix.input "g" in [0.0, 1.0] : !mix.t<[], group>
  %u = mix.input "u" : !mix.t<[], head>
  %a = mix.param "a" in [0.0, 1.0] : !mix.t<[], param>
  %h = mix.state "H" : !mix.t<[], head>
  %kept = mix.binary mul %a, %h : !mix.t<[], param>, !mix.t<[], head>
  %x = mix.binary mul %x1, %x2 : !mix.t<[], head>, !mix.t<[], head>
  %added = mix.binary mul %g, %x : !mix.t<[], group>, !mix.t<[], head>
  %new = mix.binary add %kept, %added : !mix.t<[], head>, !mix.t<[], head>
  mix.next "H", %new : !mix.t<[], head>
  mix.output "y", %new : !mix.t<[], head>
}

func.func private @tensor(%tensors: !llvm.ptr, %i: i64) -> !llvm.ptr {
  %at = llvm.getelementptr %tensors[%i] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.ptr
  %tensor = llvm.load %at : !llvm.ptr -> !llvm.ptr
  return %tensor : !llvm.ptr
}
func.func private @read(%tensors: !llvm.ptr, %strides: !llvm.ptr, %i: i64, %t: i64) -> f32 {
  %null = llvm.mlir.zero : !llvm.ptr
  %zero = arith.constant 0.0 : f32
  %tensor = func.call @tensor(%tensors, %i) : (!llvm.ptr, i64) -> !llvm.ptr
  %absent = llvm.icmp "eq" %tensor, %null : !llvm.ptr
  %number = scf.if %absent -> f32 {
    scf.yield %zero : f32
  } else {
    %at = llvm.getelementptr %strides[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    %stride = llvm.load %at : !llvm.ptr -> i64
    %offset = arith.muli %t, %stride : i64
    %place = llvm.getelementptr %tensor[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %found = llvm.load %place : !llvm.ptr -> f32
    scf.yield %found : f32
  }
  return %number : f32
}
func.func private @write(%tensors: !llvm.ptr, %strides: !llvm.ptr, %i: i64, %t: i64, %number: f32) {
  %null = llvm.mlir.zero : !llvm.ptr
  %tensor = func.call @tensor(%tensors, %i) : (!llvm.ptr, i64) -> !llvm.ptr
  %absent = llvm.icmp "eq" %tensor, %null : !llvm.ptr
  scf.if %absent {
  } else {
    %at = llvm.getelementptr %strides[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    %stride = llvm.load %at : !llvm.ptr -> i64
    %offset = arith.muli %t, %stride : i64
    %place = llvm.getelementptr %tensor[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    llvm.store %number, %place : f32, !llvm.ptr
  }
  return
}

// tensors: 0 x[1], 1 x[2], 2 g, 3 a, 4 H before; saved, y and H after are counted as they are given
func.func private @steps(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %saved: i64, %y: i64, %after: i64, %writes: i1) {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %c3 = arith.constant 3 : i64
  %c4 = arith.constant 4 : i64
  %a = func.call @read(%tensors, %strides, %c3, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %start = func.call @read(%tensors, %strides, %c4, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %end = scf.for %t = %c0 to %length step %c1 iter_args(%h = %start) -> f32 : i64 {
    func.call @write(%tensors, %strides, %saved, %t, %h) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    %x1 = func.call @read(%tensors, %strides, %c0, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x2 = func.call @read(%tensors, %strides, %c1, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %g = func.call @read(%tensors, %strides, %c2, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x = arith.mulf %x1, %x2 : f32
    %u = arith.mulf %g, %x : f32
    %d = arith.mulf %a, %h : f32
    %n = arith.addf %d, %u : f32
    scf.if %writes {
      func.call @write(%tensors, %strides, %y, %t, %n) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    }
    scf.yield %n : f32
  }
  scf.if %writes {
    func.call @write(%tensors, %strides, %after, %c0, %end) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
  }
  return
}

func.func @fade_forward_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr)
    attributes {tile.function = #tile.function<forward of "fade" (
    input "x[1]" : !tile.tensor<token, [], f32>,
    input "x[2]" : !tile.tensor<token, [], f32>,
    input "g" per_group : !tile.tensor<token, [], f32>,
    param "a" : !tile.tensor<head, [], f32>,
    initial "H" : !tile.tensor<head, [], f32>,
    output "y" : !tile.tensor<token, [], f32>,
    final "H" : !tile.tensor<head, [], f32>,
    saved "saved.0" : !tile.tensor<token, [], f32>) scratch 0>} {
  %saved = arith.constant 7 : i64
  %y = arith.constant 5 : i64
  %after = arith.constant 6 : i64
  %writes = arith.constant true
  func.call @steps(%tensors, %strides, %length, %saved, %y, %after, %writes) : (!llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i1) -> ()
  return
}

func.func @fade_replay_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr)
    attributes {tile.function = #tile.function<replay of "fade" (
    input "x[1]" : !tile.tensor<token, [], f32>,
    input "x[2]" : !tile.tensor<token, [], f32>,
    input "g" per_group : !tile.tensor<token, [], f32>,
    param "a" : !tile.tensor<head, [], f32>,
    initial "H" : !tile.tensor<head, [], f32>,
    saved "saved.0" : !tile.tensor<token, [], f32>) scratch 0>} {
  %saved = arith.constant 5 : i64
  %writes = arith.constant false
  func.call @steps(%tensors, %strides, %length, %saved, %saved, %saved, %writes) : (!llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i1) -> ()
  return
}

func.func @fade_backward_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr)
    attributes {tile.function = #tile.function<backward of "fade" (
    input "x[1]" : !tile.tensor<token, [], f32>,
    input "x[2]" : !tile.tensor<token, [], f32>,
    input "g" per_group : !tile.tensor<token, [], f32>,
    param "a" : !tile.tensor<head, [], f32>,
    saved "saved.0" : !tile.tensor<token, [], f32>,
    output_grad "y" : !tile.tensor<token, [], f32>,
    final_grad "H" : !tile.tensor<head, [], f32>,
    input_grad "x[1]" : !tile.tensor<token, [], f32>,
    input_grad "x[2]" : !tile.tensor<token, [], f32>,
    input_grad "g" per_group partial : !tile.tensor<token, [], f32>,
    param_grad "a" partial : !tile.tensor<head, [], f32>,
    initial_grad "H" : !tile.tensor<head, [], f32>) scratch 0>} {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %c3 = arith.constant 3 : i64
  %c4 = arith.constant 4 : i64
  %c5 = arith.constant 5 : i64
  %c6 = arith.constant 6 : i64
  %c7 = arith.constant 7 : i64
  %c8 = arith.constant 8 : i64
  %c9 = arith.constant 9 : i64
  %c10 = arith.constant 10 : i64
  %c11 = arith.constant 11 : i64
  %a = func.call @read(%tensors, %strides, %c3, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %last = func.call @read(%tensors, %strides, %c6, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %end:2 = scf.for %i = %c0 to %length step %c1 iter_args(%dh0 = %last, %da0 = %zero) -> (f32, f32) : i64 {
    %after = arith.subi %length, %i : i64
    %t = arith.subi %after, %c1 : i64
    %dy = func.call @read(%tensors, %strides, %c5, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x1 = func.call @read(%tensors, %strides, %c0, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x2 = func.call @read(%tensors, %strides, %c1, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %g = func.call @read(%tensors, %strides, %c2, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %h = func.call @read(%tensors, %strides, %c4, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %dh = arith.addf %dh0, %dy : f32
    %gated = arith.mulf %dh, %g : f32
    %dx1 = arith.mulf %gated, %x2 : f32
    %dx2 = arith.mulf %gated, %x1 : f32
    %x = arith.mulf %x1, %x2 : f32
    %dg = arith.mulf %dh, %x : f32
    %dah = arith.mulf %dh, %h : f32
    %da = arith.addf %da0, %dah : f32
    func.call @write(%tensors, %strides, %c7, %t, %dx1) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    func.call @write(%tensors, %strides, %c8, %t, %dx2) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    func.call @write(%tensors, %strides, %c9, %t, %dg) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    %before = arith.mulf %dh, %a : f32
    scf.yield %before, %da : f32, f32
  }
  func.call @write(%tensors, %strides, %c10, %c0, %end#1) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
  func.call @write(%tensors, %strides, %c11, %c0, %end#0) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
  return
}
)";

const char *fadeText() { return fade; }

std::vector<MixerInterface> writeFade(const std::string &path) {
  mlir::MLIRContext context;
  registerLeaky(context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(fade, &context);
  if (!module)
    abort();
  std::vector<MixerInterface> mixers = llvm::cantFail(readInterfaces(*module));
  if (!lowerLeaky(*module))
    abort();
  llvm::cantFail(emitLibrary(*module, mixers, EmitOptions{}, path));
  return mixers;
}

} // namespace mixc::test
