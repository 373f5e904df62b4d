// Matmuls of every shape: tokens with states, tokens with tokens under both masks, into states, batches, one axis or none.
!kt = !tile.tensor<token, [6], f32>
!vt = !tile.tensor<token, [5], f32>
!num = !tile.tensor<token, [], f32>
!k = !tile.t<[time:16, key(K):6], f32>
!v = !tile.t<[time:16, value(V):5], f32>
!u = !tile.t<[source:16, key(K):6], f32>
!w = !tile.t<[source:16, value(V):5], f32>
!p = !tile.t<[time:16, source:16], f32>
!m = !tile.t<[value(V):5, key(K):6], f32>
!r = !tile.t<[time:16], f32>

// Where a mask says that a pair does not count, infinity and NaN do not, either.
tile.kernel forward @contract_masks of "contract" (input "q", input "k", input "v", output "a", output "b", output "c", output "d", output "e") {
^bb0(%qt: !kt, %kt: !kt, %vt: !vt, %a: !vt, %b: !vt, %c: !vt, %d: !num, %e: !num):
  tile.chunks size 16 {
    %q = tile.load %qt : !kt -> !k
    %k = tile.load %kt : !kt -> !k
    %v = tile.load %vt : !vt -> !v
    %s = tile.rename %k "time" to "source" : !k -> !u
    %x = tile.rename %v "time" to "source" : !v -> !w
    %lower = tile.contract %q, %s over ["K"] mask lower : !k, !u -> !p
    %strict = tile.contract %q, %s acc %lower : !p over ["K"] mask strict : !k, !u -> !p
    %1 = tile.contract %lower, %x over ["source"] mask lower : !p, !w -> !v
    tile.store %1, %a : !v, !vt
    %2 = tile.contract %strict, %x acc %v : !v over ["source"] mask strict : !p, !w -> !v
    tile.store %2, %b : !v, !vt
    // The adjoint's sums, over time; the result has sources.
    %3 = tile.contract %strict, %v over ["time"] mask strict : !p, !v -> !w
    %4 = tile.rename %3 "source" to "time" : !w -> !v
    tile.store %4, %c : !v, !vt
    %i = tile.iota : !r
    %j = tile.iota : !tile.t<[source:16], f32>
    %wild = tile.map (%i, %j) : (!r, !tile.t<[source:16], f32>) -> !p {
    ^bb0(%t: f32, %n: f32):
      %5 = arith.cmpf olt, %t, %n : f32
      %one = arith.constant 1.0 : f32
      %zero = arith.constant 0.0 : f32
      %6 = arith.select %5, %zero, %one : f32
      %7 = arith.divf %one, %6 : f32
      tile.yield %7 : f32
    }
    %sum = tile.reduce add %x over ["V"] : !w -> !tile.t<[source:16], f32>
    %8 = tile.contract %wild, %sum over ["source"] mask lower : !p, !tile.t<[source:16], f32> -> !r
    tile.store %8, %d : !r, !num
    // Both are summed.
    %9 = tile.contract %lower, %wild over ["time", "source"] mask strict : !p, !p -> !tile.t<[], f32>
    %10 = tile.map (%9, %8) : (!tile.t<[], f32>, !r) -> !r {
    ^bb0(%t: f32, %n: f32):
      %11 = arith.addf %t, %n : f32
      tile.yield %11 : f32
    }
    tile.store %10, %e : !r, !num
  }
}

// With a state, of panels: reads along keys and along values, updates, an accumulator that is a map.
!wide = !tile.tensor<token, [37], f32>
!y = !tile.t<[time:16, value(W):37], f32>
!state = !tile.t<[value(W):37, key(K):6], f32>
tile.kernel forward @contract_panels of "contract" (input "q", input "k", input "v", initial "S", output "y", output "z", output "b", final "S") {
^bb0(%qt: !kt, %kt: !kt, %vt: !wide, %first: !tile.tensor<head, [37, 6], f32>, %a: !wide, %b: !kt, %c: !num,
     %last: !tile.tensor<head, [37, 6], f32>):
  %start = tile.init %first : !tile.tensor<head, [37, 6], f32> -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %q = tile.load %qt : !kt -> !k
    %k = tile.load %kt : !kt -> !k
    %v = tile.load %vt : !wide -> !y
    %read = tile.contract %s, %q over ["K"] : !state, !k -> !y
    %across = tile.contract %s, %v over ["W"] : !state, !y -> !k
    tile.store %read, %a : !y, !wide
    tile.store %across, %b : !k, !kt
    %dots = tile.contract %read, %v over ["W"] : !y, !y -> !r
    tile.store %dots, %c : !r, !num
    %half = tile.map (%s) : (!state) -> !state {
    ^bb0(%t: f32):
      %c1 = arith.constant 0.25 : f32
      %1 = arith.mulf %t, %c1 : f32
      tile.yield %1 : f32
    }
    %next = tile.contract %v, %k acc %half : !state over ["time"] : !y, !k -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !tile.tensor<head, [37, 6], f32>
}

// Batches, several axes at once, none, numbers; in float64.
tile.kernel forward @contract_axes of "contract" (input "x", input "z", param "A", output "y", output "a", output "b", output "c") {
^bb0(%x: !tile.tensor<token, [5, 6], f32>, %z: !tile.tensor<token, [5, 6], f32>, %at: !tile.tensor<head, [5, 6], f32>,
     %y: !vt, %a: !num, %b: !tile.tensor<token, [5, 6], f32>, %c: !vt):
  %param = tile.load %at : !tile.tensor<head, [5, 6], f32> -> !m
  tile.chunks size 16 {
    %p = tile.load %x : !tile.tensor<token, [5, 6], f32> -> !tile.t<[time:16, value(V):5, key(K):6], f32>
    %q = tile.load %z : !tile.tensor<token, [5, 6], f32> -> !tile.t<[time:16, value(V):5, key(K):6], f32>
    %1 = tile.contract %p, %q over ["K"] : !tile.t<[time:16, value(V):5, key(K):6], f32>, !tile.t<[time:16, value(V):5, key(K):6], f32> -> !v
    tile.store %1, %y : !v, !vt
    %2 = tile.contract %p, %param over ["K", "V"] : !tile.t<[time:16, value(V):5, key(K):6], f32>, !m -> !r
    tile.store %2, %a : !r, !num
    %3 = tile.contract %1, %q over [] : !v, !tile.t<[time:16, value(V):5, key(K):6], f32> -> !tile.t<[time:16, value(V):5, key(K):6], f32>
    tile.store %3, %b : !tile.t<[time:16, value(V):5, key(K):6], f32>, !tile.tensor<token, [5, 6], f32>
    %large = tile.constant 1.0e9 : !tile.t<[time:16, value(V):5], f64>
    %d = tile.load %x : !tile.tensor<token, [5, 6], f32> -> !tile.t<[time:16, value(V):5, key(K):6], f64>
    %4 = tile.contract %d, %d acc %large : !tile.t<[time:16, value(V):5], f64> over ["K"] : !tile.t<[time:16, value(V):5, key(K):6], f64>, !tile.t<[time:16, value(V):5, key(K):6], f64> -> !tile.t<[time:16, value(V):5], f64>
    %5 = tile.map (%4, %large) : (!tile.t<[time:16, value(V):5], f64>, !tile.t<[time:16, value(V):5], f64>) -> !v {
    ^bb0(%s: f64, %t: f64):
      %6 = arith.subf %s, %t : f64
      %7 = arith.truncf %6 : f64 to f32
      tile.yield %7 : f32
    }
    tile.store %5, %c : !v, !vt
  }
}

// A block of sequences meets one matrix, in steps.
!own = !tile.t<[seq:8, key(K):19], f32>
!rows = !tile.t<[time:16, seq:8, key(K):19], f32>
!vec19 = !tile.tensor<token, [19], f32>
tile.kernel forward @contract_block of "contract" (input "x", param "U", initial "S", output "y", final "S") sequences 8 {
^bb0(%x: !vec19, %ut: !tile.tensor<head, [19, 19], f32>, %first: !tile.tensor<head, [19], f32>, %y: !vec19,
     %last: !tile.tensor<head, [19], f32>):
  %u = tile.load %ut : !tile.tensor<head, [19, 19], f32> -> !tile.t<[free(N):19, key(K):19], f32>
  %start = tile.init %first : !tile.tensor<head, [19], f32> -> !own
  %end = tile.chunks size 16 iter(%start : !own) {
  ^bb0(%s: !own):
    %rows = tile.load %x : !vec19 -> !rows
    %after, %all = tile.steps iter(%s : !own) rows(%rows : !rows) with(%u : !tile.t<[free(N):19, key(K):19], f32>) {
    ^bb0(%h: !own, %row: !own, %matrix: !tile.t<[free(N):19, key(K):19], f32>):
      %valid = tile.valid : !tile.t<[seq:8], i1>
      %turned = tile.rename %h "K" to "N" : !own -> !tile.t<[seq:8, free(N):19], f32>
      %product = tile.contract %matrix, %turned over ["N"] : !tile.t<[free(N):19, key(K):19], f32>, !tile.t<[seq:8, free(N):19], f32> -> !own
      %sum = tile.map (%product, %row) : (!own, !own) -> !own {
      ^bb0(%p: f32, %q: f32):
        %tenth = arith.constant 0.1 : f32
        %0 = arith.mulf %p, %tenth : f32
        %1 = arith.addf %0, %q : f32
        %2 = math.tanh %1 : f32
        tile.yield %2 : f32
      }
      %next = tile.select %valid, %sum, %h : !tile.t<[seq:8], i1>, !own, !own -> !own
      tile.yield %next, %sum : !own, !own
    } -> !own, !rows
    tile.store %all, %y : !rows, !vec19
    tile.yield %after : !own
  } -> !own
  tile.final %end, %last : !own, !tile.tensor<head, [19], f32>
}

// Both axes of the mask are of one operand: of the sums along its lanes those that do not count stay as they start.
!cube = !tile.t<[time:16, source:16, key(K):6], f32>
tile.kernel forward @contract_one_of_both of "contract" (input "q", input "k", param "w", output "y") {
^bb0(%qt: !kt, %kt: !kt, %w_in: !tile.tensor<head, [6], f32>, %y_out: !num):
  tile.chunks size 16 {
    %q = tile.load %qt : !kt -> !k
    %k = tile.load %kt : !kt -> !k
    %w = tile.load %w_in : !tile.tensor<head, [6], f32> -> !tile.t<[key(K):6], f32>
    %s = tile.rename %k "time" to "source" : !k -> !u
    %both = tile.map (%q, %s) : (!k, !u) -> !cube {
    ^bb0(%x: f32, %y: f32):
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    %pairs = tile.contract %both, %w over ["K"] mask strict : !cube, !tile.t<[key(K):6], f32> -> !p
    %all = tile.reduce add %pairs over ["source"] : !p -> !r
    tile.store %all, %y_out : !r, !num
  }
}
