// RUN: mix-opt %s --mix-build-batched --split-input-file | FileCheck %s
// RUN: mix-opt %s --mix-build-batched=sequences=1 --split-input-file | FileCheck %s --check-prefix=NONE
// NONE-NOT: sequences

// A matrix of params that a state meets token by token: h of every sequence meets the one R. What is carried stays as it was
// past a sequence's end.
// CHECK-LABEL: tile.kernel forward @rnn_forward of "rnn"
// CHECK-LABEL: tile.kernel forward @rnn_forward_8 of "rnn" (input "x", param "R", initial "h", output "y", final "h") sequences 8 as stepped
// CHECK:         tile.init %{{.*}} -> <[seq:8, value(N):4], f32>
// CHECK:         %[[R:.*]] = tile.load %{{.*}} -> <[value(N):4, free(M):4], f32>
// CHECK:         tile.chunks size 16
// CHECK:           tile.load %{{.*}} -> <[time:16, seq:8, value(N):4], f32>
// CHECK:           tile.steps
// CHECK-NEXT:      ^bb0(%[[H:.*]]: !tile.t<[seq:8, value(N):4], f32>, %{{.*}}: !tile.t<[seq:8, value(N):4], f32>, %[[R1:.*]]: !tile.t<[value(N):4, free(M):4], f32>):
// CHECK:             %[[AS:.*]] = tile.rename %[[H]] "N" to "M"
// CHECK:             tile.contract %[[R1]], %[[AS]] over ["M"] : <[value(N):4, free(M):4], f32>, <[seq:8, free(M):4], f32> -> <[seq:8, value(N):4], f32>
// CHECK:             %[[NEW:.*]] = tile.map
// CHECK:             %[[VALID:.*]] = tile.valid : <[seq:8], i1>
// CHECK:             %[[HELD:.*]] = tile.select %[[VALID]], %[[NEW]], %[[H]]
// CHECK:             tile.yield %[[HELD]], %[[NEW]]
// CHECK:           } -> !tile.t<[seq:8, value(N):4], f32>, !tile.t<[time:16, seq:8, value(N):4], f32>
// CHECK:           tile.store %{{.*}} : <[time:16, seq:8, value(N):4], f32>, <token, [4], f32>
// CHECK:         tile.final %{{.*}} : <[seq:8, value(N):4], f32>, <head, [4], f32>
tile.kernel forward @rnn_forward of "rnn" (input "x", param "R", initial "h", output "y", final "h") as stepped {
^bb0(%x: !tile.tensor<token, [4], f32>, %R: !tile.tensor<head, [4, 4], f32>, %from: !tile.tensor<head, [4], f32>, %y: !tile.tensor<token, [4], f32>, %to: !tile.tensor<head, [4], f32>):
  %h0 = tile.init %from : <head, [4], f32> -> <[value(N):4], f32>
  %r = tile.load %R : <head, [4, 4], f32> -> <[value(N):4, free(M):4], f32>
  %h = tile.chunks size 16 iter(%h0 : !tile.t<[value(N):4], f32>) {
  ^bb0(%s: !tile.t<[value(N):4], f32>):
    %xs = tile.load %x : <token, [4], f32> -> <[time:16, value(N):4], f32>
    %last, %all = tile.steps iter(%s : !tile.t<[value(N):4], f32>) rows(%xs : !tile.t<[time:16, value(N):4], f32>) with(%r : !tile.t<[value(N):4, free(M):4], f32>) {
    ^bb0(%before: !tile.t<[value(N):4], f32>, %now: !tile.t<[value(N):4], f32>, %m: !tile.t<[value(N):4, free(M):4], f32>):
      %as = tile.rename %before "N" to "M" : <[value(N):4], f32> -> <[free(M):4], f32>
      %product = tile.contract %m, %as over ["M"] : <[value(N):4, free(M):4], f32>, <[free(M):4], f32> -> <[value(N):4], f32>
      %after = tile.map (%now, %product) : (!tile.t<[value(N):4], f32>, !tile.t<[value(N):4], f32>) -> !tile.t<[value(N):4], f32> {
      ^bb0(%a: f32, %b: f32):
        %c = arith.addf %a, %b : f32
        %d = math.tanh %c : f32
        tile.yield %d : f32
      }
      tile.yield %after, %after : !tile.t<[value(N):4], f32>, !tile.t<[value(N):4], f32>
    } -> !tile.t<[value(N):4], f32>, !tile.t<[time:16, value(N):4], f32>
    tile.store %all, %y : <[time:16, value(N):4], f32>, <token, [4], f32>
    tile.yield %last : !tile.t<[value(N):4], f32>
  } -> !tile.t<[value(N):4], f32>
  tile.final %h, %to : <[value(N):4], f32>, <head, [4], f32>
}

// -----

// A scan meets no matrix: a sequence by itself.
// CHECK-LABEL: tile.kernel forward @scan_forward
// CHECK-NOT:   tile.kernel
tile.kernel forward @scan_forward of "scan" (input "x", initial "h", output "y") {
^bb0(%x: !tile.tensor<token, [4], f32>, %from: !tile.tensor<head, [4], f32>, %y: !tile.tensor<token, [4], f32>):
  %h0 = tile.init %from : <head, [4], f32> -> <[value(N):4], f32>
  %h = tile.chunks size 16 iter(%h0 : !tile.t<[value(N):4], f32>) {
  ^bb0(%s: !tile.t<[value(N):4], f32>):
    %xs = tile.load %x : <token, [4], f32> -> <[time:16, value(N):4], f32>
    %last = tile.steps iter(%s : !tile.t<[value(N):4], f32>) rows(%xs : !tile.t<[time:16, value(N):4], f32>) {
    ^bb0(%before: !tile.t<[value(N):4], f32>, %now: !tile.t<[value(N):4], f32>):
      %after = tile.map (%now, %before) : (!tile.t<[value(N):4], f32>, !tile.t<[value(N):4], f32>) -> !tile.t<[value(N):4], f32> {
      ^bb0(%a: f32, %b: f32):
        %c = arith.maximumf %a, %b : f32
        tile.yield %c : f32
      }
      tile.yield %after : !tile.t<[value(N):4], f32>
    } -> !tile.t<[value(N):4], f32>
    tile.yield %last : !tile.t<[value(N):4], f32>
  } -> !tile.t<[value(N):4], f32>
}
