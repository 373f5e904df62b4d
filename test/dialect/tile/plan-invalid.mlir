// RUN: mix-opt %s -split-input-file -verify-diagnostics
// What plans refuse, by themselves and on their ops.

// place_c1
tile.kernel forward @place_c1 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{the layout ["time", "time"] does not name axes, each once}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, ["time", "time"] memory>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// place_c2
tile.kernel forward @place_c2 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{no place begins at -64}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, ["time", "K"] at -64>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// place_c3
tile.kernel forward @place_c3 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{a tile of the caller's passes through no buffer}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, ["time", "K"] external through 0>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c1
tile.kernel forward @plan_c1 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{there is no stage -2}}
    %k = tile.load %x {tile.plan = #tile.plan<stage -2>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c2
tile.kernel forward @plan_c2 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{what is fused has no place}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0 fused, memory>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c3_kernel
// expected-error @below {{has a plan that is none of a kernel}}
tile.kernel forward @plan_c3_kernel of "m" (input "x") attributes {tile.plan = #tile.plan<stage 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// plan_c3_op
tile.kernel forward @plan_c3_op of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{has a plan that is none of an op}}
    %k = tile.load %x {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c4
tile.kernel forward @plan_c4 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{has 1 tiles, and a plan of 2}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, memory, memory>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c5
tile.kernel forward @plan_c5 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{has the layout ["time", "V"] in its plan, which does not order the axes of its tile}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, ["time", "V"] memory>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c5_axes
tile.kernel forward @plan_c5_axes of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{which does not order the axes of its tile}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, ["time"] memory>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// plan_c6
tile.kernel forward @plan_c6 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
  tile.chunks size 4 {
    // expected-error @below {{is planned in place of a tile that is not carried, or of another type}}
    %k = tile.load %x {tile.plan = #tile.plan<stage 0, in_place 0>} : !tile.tensor<token, [3], f32> -> !tile.t<[time:4, key(K):3], f32>
  }
}

// -----

// kernel_plan_c1
// expected-error @below {{is planned for vectors of 3 lanes}}
tile.kernel forward @kernel_plan_c1 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 3 scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_plan_c2
// expected-error @below {{is planned for panels of 0 of 16 entries}}
tile.kernel forward @kernel_plan_c2 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 16 by 0 lane "V" scratch 0>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
}

// -----

// kernel_plan_c3
// expected-error @below {{is planned for -1 bytes of scratch memory}}
tile.kernel forward @kernel_plan_c3 of "m" (input "x") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch -1>} {
^bb0(%x: !tile.tensor<token, [3], f32>):
}
