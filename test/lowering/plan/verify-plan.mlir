// RUN: mix-opt %s --mix-tile-to-vector --split-input-file --verify-diagnostics
// A plan may come from a file: what cannot be followed is an error at the op.
!rows = !tile.t<[time:4, key(K):8], f32>
!vec = !tile.tensor<token, [8], f32>

// expected-error @+1 {{has no plan: bring it to stage `plan` first}}
tile.kernel forward @n_forward of "n" (input "q", output "y") {
^bb0(%q_in: !vec, %y_out: !vec):
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{has no plan}}
    %q = tile.load %q_in : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{is planned to lie in memory, and not where}}
    %q = tile.load %q_in {tile.plan = #tile.plan<stage 0, ["time", "K"] memory>} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{lies outside the 512 bytes of scratch memory: 256 bytes at 320}}
    %q = tile.load %q_in {tile.plan = #tile.plan<stage 0, ["time", "K"] at 320>} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{is planned for stage 1, a loop over panels, and there are none}}
    %q = tile.load %q_in {tile.plan = #tile.plan<stage 1, ["time", "K"] at 0>} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>, %y_out: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    %q = tile.load %q_in {tile.plan = #tile.plan<stage 2, ["time", "K"] at 0>} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
    // expected-error @+1 {{is planned for stage 0, after one of stage 2}}
    tile.store %q, %y_out {tile.plan = #tile.plan<stage 0>} : !tile.t<[time:4, key(K):8], f32>, !tile.tensor<token, [8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    %q = tile.load %q_in {tile.plan = #tile.plan<stage 0, ["time", "K"] at 0>} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
    // expected-error @+1 {{is planned to be fused, and is no start of one contraction}}
    %m = tile.map(%q) {tile.plan = #tile.plan<stage 0 fused>} : (!tile.t<[time:4, key(K):8], f32>) -> !tile.t<[time:4, key(K):8], f32> {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
  }
}
// -----

// expected-error @+1 {{is planned for panels of `V`, and has no tiles with 16 of it}}
tile.kernel forward @n_forward of "n" (input "q") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 16 by 16 lane "V" scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
}

// -----

tile.kernel forward @n_forward of "n" (input "q", output "y") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 panels "V" 16 by 16 lane "V" scratch 512>} {
^bb0(%q_in: !tile.tensor<token, [16], f32>, %y_out: !tile.tensor<token, [16], f32>):
  tile.chunks size 4 {
    %q = tile.load %q_in {tile.plan = #tile.plan<stage 1, ["time", "V"] sliced at 0>} : !tile.tensor<token, [16], f32> -> !tile.t<[time:4, value(V):16], f32>
    // expected-error @+1 {{reads a slice of a panel, outside the loops over them}}
    tile.store %q, %y_out {tile.plan = #tile.plan<stage 2>} : !tile.t<[time:4, value(V):16], f32>, !tile.tensor<token, [16], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (initial "H") attributes {tile.plan = #tile.kernel_plan<"znver4" lanes 16 scratch 512>} {
^bb0(%first: !tile.tensor<head, [8, 4], f32>):
  %start = tile.init %first {tile.plan = #tile.plan<stage 0, ["K", "L"] at 0>} : !tile.tensor<head, [8, 4], f32> -> !tile.t<[key(K):8, key(L):4], f32>
  %end = tile.chunks size 4 iter(%start : !tile.t<[key(K):8, key(L):4], f32>) {
  ^bb0(%s: !tile.t<[key(K):8, key(L):4], f32>):
    // expected-error @+1 {{is planned in place of a tile of another layout}}
    %m = tile.map(%s) {tile.plan = #tile.plan<stage 0, ["L", "K"] in_place 0>} : (!tile.t<[key(K):8, key(L):4], f32>) -> !tile.t<[key(K):8, key(L):4], f32> {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
    tile.yield %m : !tile.t<[key(K):8, key(L):4], f32>
  } -> !tile.t<[key(K):8, key(L):4], f32>
}
