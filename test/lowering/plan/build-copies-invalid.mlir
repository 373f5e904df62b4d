// What has no plan: a mask of more than one bit, kept.
// RUN: mix-opt %s --mix-build-copies --split-input-file --verify-diagnostics

!row = !tile.t<[time:4], i1>
tile.kernel forward @m_map of "m" (output "y") {
^bb0(%y: !tile.tensor<token, [], f32>):
  %count = tile.iota : !tile.t<[time:4], f32>
  // expected-error @below {{keeps a mask}}
  %mask = tile.map (%count) : (!tile.t<[time:4], f32>) -> !row {
  ^bb0(%n: f32):
    %two = arith.constant 2.0 : f32
    %less = arith.cmpf olt, %n, %two : f32
    tile.yield %less : i1
  }
}

// -----

!row = !tile.t<[time:4], i1>
tile.kernel forward @m_select of "m" (output "y") {
^bb0(%y: !tile.tensor<token, [], f32>):
  tile.chunks size 4 {
    %valid = tile.valid : !row
    // expected-error @below {{keeps a mask}}
    %both = tile.select %valid, %valid, %valid : !row, !row, !row -> !row
  }
}
