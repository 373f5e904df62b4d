// RUN: mix-opt %s --mix-tile-to-vector --split-input-file --verify-diagnostics
// A plan may come from a file: what cannot be followed is an error at the op.
!rows = !tile.t<[time:4, key(K):8], f32>
!vec = !tile.tensor<token, [8], f32>

// expected-error @+1 {{has no plan: run mix-plan-cpu first}}
tile.kernel forward @n_forward of "n" (input "q", output "y") {
^bb0(%q_in: !vec, %y_out: !vec):
}

// -----

// expected-error @+1 {{has no number `width` in its plan}}
tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
}

// -----

// expected-error @+1 {{is planned for vectors of 3 lanes}}
tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 3 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{has no plan}}
    %q = tile.load %q_in : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{has no `offset` in its plan}}
    %q = tile.load %q_in {plan = {layout = ["time", "K"], stage = 0 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{lies outside the 512 bytes of scratch memory: 256 bytes at 320}}
    %q = tile.load %q_in {plan = {layout = ["time", "K"], offset = 320 : i64, stage = 0 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{which does not order the axes of its tile}}
    %q = tile.load %q_in {plan = {layout = ["time", "V"], offset = 0 : i64, stage = 0 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{is planned for stage 1, a loop over panels, and there are none}}
    %q = tile.load %q_in {plan = {layout = ["time", "K"], offset = 0 : i64, stage = 1 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    // expected-error @+1 {{is planned in place of a tile that is not carried, or of another type}}
    %q = tile.load %q_in {plan = {in_place = 0 : i64, layout = ["time", "K"], stage = 0 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q", output "y") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>, %y_out: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    %q = tile.load %q_in {plan = {layout = ["time", "K"], offset = 0 : i64, stage = 2 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
    // expected-error @+1 {{is planned for stage 0, after one of stage 2}}
    tile.store %q, %y_out {plan = {stage = 0 : i64}} : !tile.t<[time:4, key(K):8], f32>, !tile.tensor<token, [8], f32>
  }
}

// -----

tile.kernel forward @n_forward of "n" (input "q") attributes {plan = {cpu = "znver4", extent = 1 : i64, lanes = 16 : i64, panel = "", scratch = 512 : i64, width = 1 : i64}} {
^bb0(%q_in: !tile.tensor<token, [8], f32>):
  tile.chunks size 4 {
    %q = tile.load %q_in {plan = {layout = ["time", "K"], offset = 0 : i64, stage = 0 : i64}} : !tile.tensor<token, [8], f32> -> !tile.t<[time:4, key(K):8], f32>
    // expected-error @+1 {{is planned to be fused, and is no start of one contraction}}
    %m = tile.map(%q) {plan = {fused, stage = 0 : i64}} : (!tile.t<[time:4, key(K):8], f32>) -> !tile.t<[time:4, key(K):8], f32> {
    ^bb0(%x: f32):
      tile.yield %x : f32
    }
  }
}
