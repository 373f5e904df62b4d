// RUN: mix-opt %s --mix-build-copies | FileCheck %s
!rows = !tile.t<[time:4], f32>
!sum = !tile.t<[], f32>
!vec = !tile.t<[key(K):8], f32>
!out = !tile.tensor<token, [], f32>

// A sum reads memory; a constant has none.
// CHECK-LABEL: tile.kernel forward @sum
tile.kernel forward @sum of "n" (output "y") {
^bb0(%y_out: !out):
  tile.chunks size 4 {
    // CHECK: %[[C:.*]] = tile.iota
    %n = tile.iota : !rows
    // CHECK: %[[COPY:.*]] = tile.map(%[[C]])
    // CHECK: tile.reduce add %[[COPY]] over
    %s = tile.reduce add %n over ["time"] : !rows -> !sum
  }
}

// What is carried is changed where it starts: a tile that two loops start with is copied for each, one that only one
// starts with is not.
// CHECK-LABEL: tile.kernel forward @start
tile.kernel forward @start of "n" (initial "H", initial "G") {
^bb0(%first: !tile.tensor<head, [8], f32>, %second: !tile.tensor<head, [8], f32>):
  // CHECK: %[[TWICE:.*]] = tile.init
  // CHECK: %[[ONCE:.*]] = tile.init
  %h = tile.init %first : !tile.tensor<head, [8], f32> -> !vec
  %g = tile.init %second : !tile.tensor<head, [8], f32> -> !vec
  // CHECK: %[[COPY:.*]] = tile.map(%[[TWICE]])
  // CHECK: tile.chunks size 4 iter(%[[COPY]], %[[ONCE]] :
  %a:2 = tile.chunks size 4 iter(%h, %g : !vec, !vec) {
  ^bb0(%s: !vec, %t: !vec):
    tile.yield %s, %t : !vec, !vec
  } -> !vec, !vec
  // CHECK: %[[OTHER:.*]] = tile.map(%[[TWICE]])
  // CHECK: tile.chunks size 4 iter(%[[OTHER]] :
  %b = tile.chunks size 4 iter(%h : !vec) {
  ^bb0(%s: !vec):
    tile.yield %s : !vec
  } -> !vec
}
