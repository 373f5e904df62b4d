// RUN: mix-opt %s | mix-opt | FileCheck %s
// CHECK-LABEL: tile.kernel forward @gated_delta_forward
//
// The chunk program of the gated delta rule, by hand:
// H_t = a_t H_{t-1} (I - beta_t k_t k_t') + beta_t v_t k_t', y_t = H_t q_t, that is w_t = beta_t (v_t - a_t H_{t-1} k_t).
!state = !tile.t<[value(V):32, key(K):32], f32>
!scalar = !tile.t<[], f32>
!rows = !tile.t<[time:16], f32>
!keys = !tile.t<[time:16, key(K):32], f32>
!sources = !tile.t<[source:16, key(K):32], f32>
!values = !tile.t<[time:16, value(V):32], f32>
!writes = !tile.t<[source:16, value(V):32], f32>
!pairs = !tile.t<[time:16, source:16], f32>
!mask = !tile.t<[time:16], i1>
!vec = !tile.tensor<token, [32], f32>
!num = !tile.tensor<token, [], f32>
!mem = !tile.tensor<head, [32, 32], f32>

tile.kernel forward @gated_delta_forward of "gated_delta" (input "q", input "k", input "v", input "alpha", input "beta", initial "H", output "y", final "H") {
^bb0(%q_in: !vec, %k_in: !vec, %v_in: !vec, %alpha_in: !num, %beta_in: !num, %first: !mem, %out: !vec, %last: !mem):
  %zero = tile.constant 0.0 : !rows
  %one = tile.constant 1.0 : !rows
  %nothing = tile.constant 0.0 : !scalar
  %unit = tile.constant 1.0 : !scalar
  %row = tile.iota : !rows
  %column = tile.iota : !tile.t<[source:16], f32>
  %diagonal = tile.map (%row, %column) : (!rows, !tile.t<[source:16], f32>) -> !pairs {
  ^bb0(%t: f32, %s: f32):
    %same = arith.cmpf oeq, %t, %s : f32
    %i1 = arith.constant 1.0 : f32
    %i0 = arith.constant 0.0 : f32
    %d = arith.select %same, %i1, %i0 : f32
    tile.yield %d : f32
  }
  %start = tile.init %first : !mem -> !state
  %end = tile.chunks size 16 iter(%start : !state) {
  ^bb0(%s: !state):
    %valid = tile.valid : !mask
    %q = tile.load %q_in : !vec -> !keys
    %k = tile.load %k_in : !vec -> !keys
    %v = tile.load %v_in : !vec -> !values
    %alpha = tile.load %alpha_in : !num -> !rows
    %beta = tile.load %beta_in : !num -> !rows
    // Rows past the end write nothing and keep the state.
    %u = tile.select %valid, %k, %nothing : !mask, !keys, !scalar -> !keys
    %a = tile.select %valid, %alpha, %unit : !mask, !rows, !scalar -> !rows
    %sources = tile.rename %u "time" to "source" : !keys -> !sources
    %b = tile.select %valid, %beta, %nothing : !mask, !rows, !scalar -> !rows
    // Products of decays: D(s,t-1], D(0,t-1], D(t,C] and D(0,C].
    %between = tile.recur %a, %diagonal exclusive : !rows, !pairs -> !pairs
    %before = tile.recur %a, %zero init %unit : !scalar exclusive : !rows, !rows -> !rows
    %after = tile.recur %a, %zero init %unit : !scalar reverse exclusive : !rows, !rows -> !rows
    %products = tile.recur %a, %zero init %unit : !scalar reverse : !rows, !rows -> !rows
    %whole = tile.row %products[0] : !rows -> !scalar
    // What the keys read, with all writes' parts of it on the left: (1 + beta_t a_t D(s,t-1] (k_t . k_s)) w_s = beta_t (v_t - a_t D(0,t-1] S k_t).
    %sk = tile.contract %s, %u over ["K"] : !state, !keys -> !values
    %kk = tile.contract %u, %sources over ["K"] mask strict : !keys, !sources -> !pairs
    %l = tile.map (%b, %a, %between, %kk) : (!rows, !rows, !pairs, !pairs) -> !pairs {
    ^bb0(%x: f32, %y1: f32, %d: f32, %g: f32):
      %m = arith.mulf %x, %y1 : f32
      %n = arith.mulf %d, %g : f32
      %z = arith.mulf %m, %n : f32
      tile.yield %z : f32
    }
    %rhs = tile.map (%b, %v, %a, %before, %sk) : (!rows, !values, !rows, !rows, !values) -> !values {
    ^bb0(%x: f32, %c: f32, %y1: f32, %d: f32, %g: f32):
      %m = arith.mulf %y1, %d : f32
      %n = arith.mulf %m, %g : f32
      %o = arith.subf %c, %n : f32
      %z = arith.mulf %x, %o : f32
      tile.yield %z : f32
    }
    %solved = tile.solve %l, %rhs : !pairs, !values -> !values
    %w = tile.select %valid, %solved, %nothing : !mask, !values, !scalar -> !values
    %writes = tile.rename %w "time" to "source" : !values -> !writes
    // What q reads of the states before the chunk's tokens: D(0,t-1] S q_t + sum_{s<t} D(s,t-1] (q_t . k_s) w_s.
    %sq = tile.contract %s, %q over ["K"] : !state, !keys -> !values
    %qk = tile.contract %q, %sources over ["K"] mask strict : !keys, !sources -> !pairs
    %qkd = tile.map (%qk, %between) : (!pairs, !pairs) -> !pairs {
    ^bb0(%x: f32, %y: f32):
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    %carried = tile.map (%before, %sq) : (!rows, !values) -> !values {
    ^bb0(%x: f32, %y: f32):
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    %read = tile.contract %qkd, %writes acc %carried : !values over ["source"] mask strict : !pairs, !writes -> !values
    // y_t = a_t r_t + (k_t . q_t) w_t
    %same = tile.contract %u, %q over ["K"] : !keys, !keys -> !rows
    %yt = tile.map (%a, %read, %same, %w) : (!rows, !values, !rows, !values) -> !values {
    ^bb0(%x: f32, %r: f32, %g: f32, %h: f32):
      %m = arith.mulf %x, %r : f32
      %n = arith.mulf %g, %h : f32
      %z = arith.addf %m, %n : f32
      tile.yield %z : f32
    }
    tile.store %yt, %out : !values, !vec
    // S_C = D(0,C] S + sum_s D(s,C] w_s k_s'
    %kept = tile.map (%whole, %s) : (!scalar, !state) -> !state {
    ^bb0(%x: f32, %y: f32):
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    %late = tile.map (%after, %w) : (!rows, !values) -> !values {
    ^bb0(%x: f32, %y: f32):
      %z = arith.mulf %x, %y : f32
      tile.yield %z : f32
    }
    %next = tile.contract %late, %u acc %kept : !state over ["time"] : !values, !keys -> !state
    tile.yield %next : !state
  } -> !state
  tile.final %end, %last : !state, !mem
}
