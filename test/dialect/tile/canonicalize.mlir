// RUN: mix-opt %s -canonicalize -cse | FileCheck %s

!s = !tile.t<[], f32>
!r = !tile.t<[time:4], f32>
!v = !tile.t<[time:4, value(V):2], f32>

// CHECK-LABEL: @fuse(
// CHECK-SAME: %[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}})
func.func @fuse(%a: !r, %b: !r) -> !r {
  // CHECK-NEXT: tile.map(%[[B]], %[[A]])
  // CHECK-NEXT: ^bb0(%[[Y:.*]]: f32, %[[X:.*]]: f32):
  // CHECK-NEXT: %[[E:.*]] = math.exp %[[X]]
  // CHECK-NEXT: %[[M:.*]] = arith.mulf %[[E]], %[[Y]]
  // CHECK-NEXT: tile.yield %[[M]]
  %e = tile.map (%a) : (!r) -> !r {
  ^bb0(%x: f32):
    %z = math.exp %x : f32
    tile.yield %z : f32
  }
  %y = tile.map (%e, %b) : (!r, !r) -> !r {
  ^bb0(%x: f32, %u: f32):
    %z = arith.mulf %x, %u : f32
    tile.yield %z : f32
  }
  return %y : !r
}

// What is broadcast is computed once, not for every entry.
// CHECK-LABEL: @keep_narrow_producer
func.func @keep_narrow_producer(%a: !r, %b: !v) -> !v {
  // CHECK-COUNT-2: tile.map
  %e = tile.map (%a) : (!r) -> !r {
  ^bb0(%x: f32):
    %z = math.exp %x : f32
    tile.yield %z : f32
  }
  %y = tile.map (%e, %b) : (!r, !v) -> !v {
  ^bb0(%x: f32, %u: f32):
    %z = arith.mulf %x, %u : f32
    tile.yield %z : f32
  }
  return %y : !v
}

// CHECK-LABEL: @keep_shared_producer
func.func @keep_shared_producer(%a: !r) -> (!r, !r) {
  // CHECK-COUNT-2: tile.map
  %e = tile.map (%a) : (!r) -> !r {
  ^bb0(%x: f32):
    %z = math.exp %x : f32
    tile.yield %z : f32
  }
  %y = tile.map (%e) : (!r) -> !r {
  ^bb0(%x: f32):
    %z = arith.negf %x : f32
    tile.yield %z : f32
  }
  return %e, %y : !r, !r
}

// CHECK-LABEL: @constants(
// CHECK-SAME: %[[A:.*]]: !tile
func.func @constants(%a: !r) -> !r {
  // CHECK-NEXT: tile.map(%[[A]])
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT: %[[TWO:.*]] = arith.constant 2.0{{.*}} : f32
  // CHECK-NEXT: arith.mulf %[[X]], %[[TWO]]
  %two = tile.constant 2.0 : !s
  %y = tile.map (%two, %a) : (!s, !r) -> !r {
  ^bb0(%x: f32, %u: f32):
    %z = arith.mulf %u, %x : f32
    tile.yield %z : f32
  }
  return %y : !r
}

// CHECK-LABEL: @operands(
// CHECK-SAME: %[[A:.*]]: {{.*}}, %[[B:.*]]: {{.*}})
func.func @operands(%a: !r, %b: !r) -> !r {
  // CHECK-NEXT: tile.map(%[[A]])
  // CHECK-NEXT: ^bb0(%[[X:.*]]: f32):
  // CHECK-NEXT: arith.mulf %[[X]], %[[X]]
  %y = tile.map (%a, %b, %a) : (!r, !r, !r) -> !r {
  ^bb0(%x: f32, %u: f32, %w: f32):
    %z = arith.mulf %x, %w : f32
    tile.yield %z : f32
  }
  return %y : !r
}

// CHECK-LABEL: @identity(
// CHECK-SAME: %[[A:.*]]: {{.*}}, %{{.*}}: {{.*}})
func.func @identity(%a: !r, %b: !r) -> !r {
  // CHECK-NEXT: return %[[A]]
  %y = tile.map (%b, %a) : (!r, !r) -> !r {
  ^bb0(%x: f32, %u: f32):
    tile.yield %u : f32
  }
  return %y : !r
}

// CHECK-LABEL: @broadcast_is_no_identity
func.func @broadcast_is_no_identity(%a: !r) -> !v {
  // CHECK: tile.map
  %y = tile.map (%a) : (!r) -> !v {
  ^bb0(%x: f32):
    tile.yield %x : f32
  }
  return %y : !v
}

// CHECK-LABEL: @product_over_nothing(
// CHECK-SAME: %[[A:.*]]: {{.*}}, %[[V:.*]]: {{.*}})
func.func @product_over_nothing(%a: !r, %v: !v) -> (!v, !v) {
  // CHECK-NEXT: %[[P:.*]] = tile.map(%[[A]], %[[V]])
  // CHECK: arith.mulf
  %p = tile.contract %a, %v over [] : !r, !v -> !v
  // CHECK: tile.contract %[[A]], %[[V]] acc %[[P]]
  %q = tile.contract %a, %v acc %p : !v over [] : !r, !v -> !v
  return %p, %q : !v, !v
}

// H is for its own next value alone, also by way of what only that takes. G takes F, and is stored: both stay.
// CHECK-LABEL: @carried_for_nothing
// CHECK:       %[[ENDS:.*]]:2 = tile.chunks size 4 iter(%{{.*}}, %{{.*}} : !tile.t<[value(V):2], f32>, !tile.t<[value(V):2], f32>)
// CHECK-NEXT:  ^bb0(%[[F:.*]]: !tile.t<[value(V):2], f32>, %[[G:.*]]: !tile.t<[value(V):2], f32>):
// CHECK-NEXT:    %[[NEXT:.*]] = tile.map(%[[F]], %[[G]])
// CHECK-NOT:     tile.map
// CHECK:         tile.yield %[[F]], %[[NEXT]]
// CHECK:       tile.final %[[ENDS]]#1
!h = !tile.t<[value(V):2], f32>
tile.kernel forward @carried_for_nothing of "m" (initial "G", final "G") {
^bb0(%in: !tile.tensor<head, [2], f32>, %out: !tile.tensor<head, [2], f32>):
  %zero = tile.constant 0.0 : !h
  %one = tile.constant 1.0 : !h
  %start = tile.init %in : <head, [2], f32> -> !h
  %ends:3 = tile.chunks size 4 iter(%one, %zero, %start : !h, !h, !h) {
  ^bb0(%F: !h, %H: !h, %G: !h):
    %x = tile.map (%F, %H) : (!h, !h) -> !h {
    ^bb0(%a: f32, %b: f32):
      %c = arith.mulf %a, %b : f32
      tile.yield %c : f32
    }
    %y = tile.map (%F, %G) : (!h, !h) -> !h {
    ^bb0(%a: f32, %b: f32):
      %c = arith.addf %a, %b : f32
      tile.yield %c : f32
    }
    tile.yield %F, %x, %y : !h, !h, !h
  } -> !h, !h, !h
  tile.final %ends#2, %out : !h, !tile.tensor<head, [2], f32>
}
