// The ops of a map's region, by float32 and float64; operands that are broadcast; panels; blocks of sequences.
!vec = !tile.tensor<token, [5], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!d = !tile.t<[time:16, value(V):5], f64>
!r = !tile.t<[time:16], f32>

tile.kernel forward @map_arithmetic of "map" (input "x", input "z", output "a", output "b", output "c", output "d") {
^bb0(%x_in: !vec, %z_in: !vec, %a: !vec, %b: !vec, %c: !vec, %d: !vec):
  tile.chunks size 16 {
    %x = tile.load %x_in : !vec -> !v
    %z = tile.load %z_in : !vec -> !v
    %sum = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      %2 = arith.subf %1, %p : f32
      %3 = arith.mulf %2, %p : f32
      %4 = arith.negf %q : f32
      %5 = math.fma %3, %4, %1 : f32
      %three = arith.constant 3.0 : f32
      %6 = arith.addf %q, %three : f32
      %7 = arith.divf %5, %6 : f32
      tile.yield %7 : f32
    }
    tile.store %sum, %a : !v, !vec
    %least = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.maximumf %p, %q : f32
      %2 = arith.minimumf %p, %q : f32
      %3 = arith.maxnumf %p, %2 : f32
      %4 = arith.minnumf %q, %1 : f32
      %5 = math.absf %3 : f32
      %6 = math.copysign %5, %4 : f32
      %7 = math.floor %1 : f32
      %8 = arith.addf %6, %7 : f32
      tile.yield %8 : f32
    }
    tile.store %least, %b : !v, !vec
    %picked = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %zero = arith.constant 0.0 : f32
      %half = arith.constant 0.5 : f32
      %1 = arith.cmpf olt, %p, %q : f32
      %2 = arith.cmpf oge, %p, %zero : f32
      %3 = arith.cmpf une, %p, %q : f32
      %4 = arith.andi %1, %2 : i1
      %5 = arith.cmpf ogt, %q, %half : f32
      %6 = arith.ori %4, %5 : i1
      %7 = arith.xori %6, %3 : i1
      %8 = arith.select %7, %p, %half : f32
      %9 = arith.uitofp %4 : i1 to f32
      %10 = arith.addf %8, %9 : f32
      tile.yield %10 : f32
    }
    tile.store %picked, %c : !v, !vec
    // What is no number is in maximumf, not in maxnumf.
    %none = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %nan = arith.constant 0x7FC00000 : f32
      %zero = arith.constant 0.0 : f32
      %half = arith.constant 0.5 : f32
      %1 = arith.cmpf olt, %p, %zero : f32
      %2 = arith.select %1, %nan, %p : f32
      %3 = arith.maxnumf %2, %q : f32
      %4 = arith.cmpf olt, %q, %half : f32
      %5 = arith.maximumf %2, %q : f32
      %6 = arith.select %4, %3, %5 : f32
      %7 = arith.cmpf uno, %2, %q : f32
      %8 = arith.uitofp %7 : i1 to f32
      %9 = arith.addf %6, %8 : f32
      tile.yield %9 : f32
    }
    tile.store %none, %d : !v, !vec
  }
}

tile.kernel forward @map_functions of "map" (input "x", input "z", output "a", output "b", output "c") {
^bb0(%x_in: !vec, %z_in: !vec, %a: !vec, %b: !vec, %c: !vec):
  tile.chunks size 16 {
    %x = tile.load %x_in : !vec -> !v
    %z = tile.load %z_in : !vec -> !v
    %exponentials = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %1 = math.exp %p : f32
      %2 = math.exp2 %q : f32
      %3 = math.expm1 %q : f32
      %4 = arith.mulf %1, %2 : f32
      %5 = arith.addf %4, %3 : f32
      %6 = math.tanh %5 : f32
      %7 = math.erf %q : f32
      %8 = arith.subf %6, %7 : f32
      tile.yield %8 : f32
    }
    tile.store %exponentials, %a : !v, !vec
    %logarithms = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %two = arith.constant 2.0 : f32
      %1 = arith.addf %p, %two : f32
      %2 = math.log %1 : f32
      %3 = math.log2 %1 : f32
      %4 = math.absf %q : f32
      %5 = math.log1p %4 : f32
      %6 = math.sqrt %1 : f32
      %7 = math.rsqrt %1 : f32
      %8 = arith.addf %2, %3 : f32
      %9 = arith.addf %8, %5 : f32
      %10 = arith.mulf %9, %6 : f32
      %11 = arith.addf %10, %7 : f32
      tile.yield %11 : f32
    }
    tile.store %logarithms, %b : !v, !vec
    %waves = tile.map (%x, %z) : (!v, !v) -> !v {
    ^bb0(%p: f32, %q: f32):
      %two = arith.constant 2.0 : f32
      %far = arith.constant 40.0 : f32
      %1 = math.sin %p : f32
      %2 = arith.mulf %q, %far : f32
      %3 = math.cos %2 : f32
      %4 = arith.addf %p, %two : f32
      %5 = math.powf %4, %q : f32
      %6 = arith.addf %1, %3 : f32
      %7 = arith.addf %6, %5 : f32
      tile.yield %7 : f32
    }
    tile.store %waves, %c : !v, !vec
  }
}

// In float64: 10^9 leaves nothing of a float32.
tile.kernel forward @map_double of "map" (input "x", output "y") {
^bb0(%x_in: !vec, %y: !vec):
  tile.chunks size 16 {
    %x = tile.load %x_in : !vec -> !v
    %wide = tile.map (%x) : (!v) -> !d {
    ^bb0(%p: f32):
      %q = arith.extf %p : f32 to f64
      %large = arith.constant 1.0e9 : f64
      %1 = arith.addf %q, %large : f64
      %2 = math.exp %q : f64
      %3 = arith.addf %1, %2 : f64
      tile.yield %3 : f64
    }
    %narrow = tile.map (%wide) : (!d) -> !v {
    ^bb0(%p: f64):
      %large = arith.constant 1.0e9 : f64
      %1 = arith.subf %p, %large : f64
      %2 = arith.truncf %1 : f64 to f32
      tile.yield %2 : f32
    }
    tile.store %narrow, %y : !v, !vec
  }
}

// Operands of fewer axes, in another order, and none.
tile.kernel forward @map_broadcast of "map" (input "x", input "a", param "c", output "y", output "z") {
^bb0(%x: !tile.tensor<token, [5, 3], f32>, %a: !tile.tensor<token, [], f32>, %c: !tile.tensor<head, [3, 5], f32>,
     %y: !tile.tensor<token, [3, 5], f32>, %z: !vec):
  %param = tile.load %c : !tile.tensor<head, [3, 5], f32> -> !tile.t<[key(K):3, value(V):5], f32>
  tile.chunks size 16 {
    %rows = tile.load %x : !tile.tensor<token, [5, 3], f32> -> !tile.t<[time:16, value(V):5, key(K):3], f32>
    %gate = tile.load %a : !tile.tensor<token, [], f32> -> !r
    %count = tile.iota : !r
    %all = tile.map (%rows, %gate, %param, %count)
        : (!tile.t<[time:16, value(V):5, key(K):3], f32>, !r, !tile.t<[key(K):3, value(V):5], f32>, !r)
        -> !tile.t<[time:16, key(K):3, value(V):5], f32> {
    ^bb0(%p: f32, %q: f32, %s: f32, %t: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = arith.addf %1, %s : f32
      %3 = arith.addf %2, %t : f32
      tile.yield %3 : f32
    }
    tile.store %all, %y : !tile.t<[time:16, key(K):3, value(V):5], f32>, !tile.tensor<token, [3, 5], f32>
    %same = tile.map () : () -> !v {
      %1 = arith.constant 1.5 : f32
      tile.yield %1 : f32
    }
    tile.store %same, %z : !v, !vec
  }
}

!wide = !tile.tensor<token, [37], f32>
!w = !tile.t<[time:16, value(W):37], f32>
!matrix = !tile.t<[value(W):37, key(K):3], f32>
!state = !tile.tensor<head, [37, 3], f32>
tile.kernel forward @map_panels of "map" (input "x", input "k", initial "S", output "y", final "S") {
^bb0(%x_in: !wide, %k_in: !tile.tensor<token, [3], f32>, %first: !state, %y: !wide, %last: !state):
  %start = tile.init %first : !state -> !matrix
  %end = tile.chunks size 16 iter(%start : !matrix) {
  ^bb0(%s: !matrix):
    %x = tile.load %x_in : !wide -> !w
    %k = tile.load %k_in : !tile.tensor<token, [3], f32> -> !tile.t<[time:16, key(K):3], f32>
    %sum = tile.reduce add %k over ["time", "K"] : !tile.t<[time:16, key(K):3], f32> -> !tile.t<[], f32>
    %rows = tile.map (%x, %sum) : (!w, !tile.t<[], f32>) -> !w {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.addf %p, %q : f32
      %2 = math.exp %1 : f32
      tile.yield %2 : f32
    }
    tile.store %rows, %y : !w, !wide
    %column = tile.reduce add %x over ["time"] : !w -> !tile.t<[value(W):37], f32>
    %next = tile.map (%s, %column, %sum) : (!matrix, !tile.t<[value(W):37], f32>, !tile.t<[], f32>) -> !matrix {
    ^bb0(%p: f32, %q: f32, %r: f32):
      %half = arith.constant 0.5 : f32
      %1 = arith.mulf %p, %half : f32
      %2 = arith.mulf %q, %r : f32
      %3 = arith.addf %1, %2 : f32
      tile.yield %3 : f32
    }
    tile.yield %next : !matrix
  } -> !matrix
  tile.final %end, %last : !matrix, !state
}

!block = !tile.t<[time:16, seq:8, value(V):5], f32>
tile.kernel forward @map_block of "map" (input "x", param "A", output "y") sequences 8 {
^bb0(%x_in: !vec, %a_in: !tile.tensor<head, [5], f32>, %y: !vec):
  %a = tile.load %a_in : !tile.tensor<head, [5], f32> -> !tile.t<[value(V):5], f32>
  tile.chunks size 16 {
    %x = tile.load %x_in : !vec -> !block
    %rows = tile.map (%x, %a) : (!block, !tile.t<[value(V):5], f32>) -> !block {
    ^bb0(%p: f32, %q: f32):
      %1 = arith.mulf %p, %q : f32
      %2 = math.tanh %1 : f32
      tile.yield %2 : f32
    }
    tile.store %rows, %y : !block, !vec
  }
}
