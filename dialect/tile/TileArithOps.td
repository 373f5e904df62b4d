// The pure ops of the tile dialect: arithmetic over named axes.
#ifndef TILE_ARITH_OPS
#define TILE_ARITH_OPS

include "TileTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Tile_ConstantOp : Tile_ValueOp<"constant"> {
  let summary = "a tile of one number";
  let description = [{
        y = value, in every entry

    Of any axes; f32 or f64.

    ```mlir
    func.func @constant() -> !tile.t<[time:4], f32> {
      %y = tile.constant 2.5 : <[time:4], f32>
      return %y : !tile.t<[time:4], f32>
    }
    ```
  }];
  let precision = "Precision::Given";
  let flops = "0";
  let isImmediate = "true";
  let arguments = (ins F64Attr:$value);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Tile_IotaOp : Tile_ValueOp<"iota"> {
  let summary = "0, 1, 2, ... along the only axis";
  let description = [{
        y_i = i

    The tile has one axis.

    ```mlir
    func.func @iota() -> !tile.t<[time:4], f32> {
      %y = tile.iota : <[time:4], f32>
      return %y : !tile.t<[time:4], f32>
    }
    ```
  }];
  let precision = "Precision::Given";
  let flops = "0";
  let isImmediate = "true";
  let results = (outs Tile_T:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ValidOp : Tile_KnownOp<"valid"> {
  let summary = "the mask of this chunk's valid rows: `!tile.t<[time:C], i1>`";
  let description = [{
        y_t = 1 if the chunk has a token t, else 0

    Only inside `tile.chunks`. Of a block of sequences: which rows of which, `!tile.t<[time:C, seq:8], i1>`; in
    `tile.steps`, and where a chunk is one token, also of the present row alone, `!tile.t<[seq:8], i1>`. Example:
    `tile.kernel`.
  }];
  let precision = "Precision::Given";
  let results = (outs Tile_T:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_ValueOp<"map", [SingleBlock, IsolatedFromAbove]> {
  let summary = "apply a scalar region to every entry, operands broadcast by axis name";
  let description = [{
        y[o] = f(a[o], b[o], ...)

    An operand lacks axes of the result, or none: it is the same along those. The region is f: `arith` and `math` ops
    and `tile.stop` on scalars of the operands' element types, constants included, and nothing from outside.

    ```mlir
    !a = !tile.t<[time:16], f32>
    !x = !tile.t<[time:16, value(V):64], f32>
    func.func @gate(%a: !a, %x: !x) -> !x {
      %y = tile.map (%a, %x) : (!a, !x) -> !x {
      ^bb0(%gate: f32, %entry: f32):
        %p = arith.mulf %gate, %entry : f32
        tile.yield %p : f32
      }
      return %y : !x
    }
    ```
  }];
  let precision = "Precision::Follows";
  let flops = "flopsOf(*this)"; // 1 for each function of numbers; comparing and choosing is none
  let arguments = (ins Variadic<Tile_T>:$inputs);
  let results = (outs Tile_T:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`(` $inputs `)` attr-dict `:` functional-type($inputs, $result) $body";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Tile_StopOp : Tile_Op<"stop", [Pure, SameOperandsAndResultType, ParentOneOf<["MapOp"]>]> {
  let summary = "the number itself, without a derivative; in the region of a map";
  let description = [{
        y = x        dy/dx = 0

    ```mlir
    func.func @held(%a: !tile.t<[time:16], f32>) -> !tile.t<[time:16], f32> {
      %y = tile.map (%a) : (!tile.t<[time:16], f32>) -> !tile.t<[time:16], f32> {
      ^bb0(%x: f32):
        %held = tile.stop %x : f32
        tile.yield %held : f32
      }
      return %y : !tile.t<[time:16], f32>
    }
    ```
  }];
  let precision = "Precision::Follows";
  let flops = "0";
  let isImmediate = "false";
  let arguments = (ins AnyFloat:$x);
  let results = (outs AnyFloat:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def Tile_SelectOp : Tile_ValueOp<"select"> {
  let summary = "x where the mask is set, else y, for every entry: the only way to mask";
  let description = [{
        z[o] = mask[o] ? x[o] : y[o]

    Operands are broadcast by axis name. Of what is not taken nothing is left, were it NaN.

    ```mlir
    !x = !tile.t<[time:4, key(K):3], f32>
    func.func @select(%mask: !tile.t<[time:4], i1>, %x: !x, %zero: !tile.t<[], f32>) -> !x {
      %y = tile.select %mask, %x, %zero : <[time:4], i1>, !x, <[], f32> -> !x
      return %y : !x
    }
    ```
  }];
  let precision = "Precision::Follows";
  let flops = "0";
  let arguments = (ins Tile_T:$mask, Tile_T:$x, Tile_T:$y);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$mask `,` $x `,` $y attr-dict `:` type($mask) `,` type($x) `,` type($y) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_CastOp : Tile_ValueOp<"cast"> {
  let summary = "change the element type: f64 to f32 or back";
  let description = [{
        y = x, rounded to nearest even

    Between f32 and f64; axes stay.

    ```mlir
    func.func @cast(%x: !tile.t<[time:4], f32>) -> !tile.t<[time:4], f64> {
      %y = tile.cast %x : <[time:4], f32> -> <[time:4], f64>
      return %y : !tile.t<[time:4], f64>
    }
    ```
  }];
  let precision = "Precision::Own";
  let flops = "0";
  let arguments = (ins Tile_T:$x);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ContractOp : Tile_ValueOp<"contract", []> {
  let summary = "sum of products over named axes: any matmul; plus `acc`";
  let description = [{
        result[o] = acc[o] + sum over the axes of `over` of a[..] b[..]

    The result's axes are those of a and b that are not contracted (shared ones are batch axes). With a mask, pairs
    (time, source) that it excludes count as 0, exactly, whatever the operands hold: if both axes are in the result
    these entries are 0 (or acc); if `source` is contracted these terms are left out. Where tokens meet tokens there is
    a mask.

    ```mlir
    !pairs = !tile.t<[time:4, source:4], f32>
    !w = !tile.t<[source:4, value(V):2], f32>
    !y = !tile.t<[time:4, value(V):2], f32>
    func.func @contract(%p: !pairs, %w: !w, %acc: !y) -> !y {
      %y = tile.contract %p, %w acc %acc : !y over ["source"] mask lower : !pairs, !w -> !y
      return %y : !y
    }
    ```
  }];
  let precision = "Precision::Follows";
  let flops = "flopsOf(*this)"; // 2 for each product that the mask lets count
  let arguments = (ins Tile_T:$a, Tile_T:$b, Optional<Tile_T>:$acc, StrArrayAttr:$over,
                       DefaultValuedAttr<Tile_Mask, "Mask::None">:$mask);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$a `,` $b (`acc` $acc^ `:` type($acc))? `over` $over (`mask` $mask^)? attr-dict `:` type($a) "
                       "`,` type($b) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Tile_ReduceOp : Tile_ValueOp<"reduce"> {
  let summary = "sum, maximum or product over named axes";
  let description = [{
        y = sum_i x_i        y = max_i x_i        y = min(prod_i x_i, most)

    A product is over the time axis alone: of a decay it is D(0,C]. Its result may be f64 where the operand is f32: then
    every factor is widened first, and what many chunks multiply by is more exact than float32. `most`: see
    `tile.recur`.

    ```mlir
    func.func @reduce(%a: !tile.t<[time:16, key(K):64], f32>) -> !tile.t<[key(K):64], f64> {
      %y = tile.reduce mul %a over ["time"] most 1.0e+30 : <[time:16, key(K):64], f32> -> <[key(K):64], f64>
      return %y : !tile.t<[key(K):64], f64>
    }
    ```
  }];
  let precision = "Precision::Follows";
  let flops = "getX().getType().size()";
  let arguments = (ins Tile_ReduceKind:$kind, Tile_T:$x, StrArrayAttr:$over, DefaultValuedAttr<F64Attr, "0.0">:$most);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$kind $x `over` $over (`most` $most^)? attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Tile_RecurOp : Tile_ValueOp<"recur", []> {
  let summary = "y_t = a_t y_{t-1} + b_t along `time`: prefix, suffix and segment products, and scans";
  let description = [{
        y_t = a_t y_{t-1} + b_t        y before the first row: `init`, or 0

    `a` may have fewer axes than `b`. `reverse`: from the last row to the first, y_t = a_t y_{t+1} + b_t. `exclusive`:
    row t of the result is what came before row t, that is y_{t-1} (y_{t+1} if reverse), `init` (or 0) in the first
    (last) row. Uses, for a decay a: D(0,t] is recur(a, 0, init 1); D(0,t-1] the same, exclusive; D(t,C] the same,
    reverse and exclusive; D(s,t] for s <= t is recur(a, [t = s]); D(s,t-1] for s < t the same, exclusive. No division,
    exact zeros.

    `blocks n`: every n rows are a recurrence of their own, which begins with `init` (or 0) and knows nothing of the
    rows of other blocks, be they infinite or no numbers. The last block may have fewer.

    `most x`: |y| stays at most x, after every row. A product of gates above 1 that would overflow is then finite, so
    that what it multiplies may be 0. No number stays none.

    ```mlir
    !a = !tile.t<[time:4], f32>
    !b = !tile.t<[time:4, key(K):3], f32>
    func.func @recur(%a: !a, %b: !b, %one: !tile.t<[], f32>) -> !b {
      %y = tile.recur %a, %b init %one : !tile.t<[], f32> reverse exclusive : !a, !b -> !b
      return %y : !b
    }
    ```
  }];
  let precision = "Precision::Follows";
  let flops = "2 * getResult().getType().size()";
  let arguments = (ins Tile_T:$a, Tile_T:$b, Optional<Tile_T>:$init, UnitAttr:$reverse, UnitAttr:$exclusive,
                       DefaultValuedAttr<I64Attr, "0">:$blocks, DefaultValuedAttr<F64Attr, "0.0">:$most);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$a `,` $b (`init` $init^ `:` type($init))? (`reverse` $reverse^)? (`exclusive` $exclusive^)? "
                       "(`blocks` $blocks^)? (`most` $most^)? attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SolveOp : Tile_ValueOp<"solve"> {
  let summary = "X with X + tril(L, -1) X = B; `transpose`: X + tril(L, -1)' X = B";
  let description = [{
        X_t + sum_{s<t} L_ts X_s = B_t        transpose: X_s + sum_{t>s} L_ts X_t = B_s

    L is (time, source) alone; what it holds on and above the diagonal is not read. B and X have the time axis and any
    others.

    `mixing "m" from "n"`: several unknowns a token, all coupled. L has the axes m and n too, B and X have m: X_tm +
    sum_{s<t} sum_n L_tsmn X_sn + sum_{n<m} L_ttmn X_tn = B_tm. An unknown takes those before it of its own token, too.

    ```mlir
    !L = !tile.t<[time:4, source:4], f32>
    !B = !tile.t<[time:4, value(V):2], f32>
    func.func @solve(%L: !L, %B: !B) -> !B {
      %X = tile.solve %L, %B : !L, !B -> !B
      return %X : !B
    }
    ```
  }];
  let precision = "Precision::Own";
  let flops = "flopsOf(*this)"; // C (C - 1) for each column, times n n of n unknowns a token
  let arguments = (ins Tile_T:$l, Tile_T:$b, OptionalAttr<StrAttr>:$row, OptionalAttr<StrAttr>:$column,
                       UnitAttr:$transpose);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$l `,` $b (`mixing` $row^ `from` $column)? (`transpose` $transpose^)? attr-dict `:` type($l) "
                       "`,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_RowOp : Tile_PartOp<"row"> {
  let summary = "row `index` of the time axis";
  let description = [{
        y = x[t = index]

    The row exists; the result has no time axis.

    ```mlir
    func.func @row(%x: !tile.t<[time:4, key(K):3], f32>) -> !tile.t<[key(K):3], f32> {
      %y = tile.row %x[3] : <[time:4, key(K):3], f32> -> <[key(K):3], f32>
      return %y : !tile.t<[key(K):3], f32>
    }
    ```
  }];
  let arguments = (ins Tile_T:$x, I64Attr:$index);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x `[` $index `]` attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_RenameOp : Tile_PartOp<"rename"> {
  let summary = "call one axis otherwise: a token as a source, a key as a value";
  let description = [{
        y[to = i] = x[from = i]

    The same numbers; the kind goes with the name, which no other axis has.

    ```mlir
    func.func @rename(%x: !tile.t<[time:4, value(V):2], f32>) -> !tile.t<[source:4, value(V):2], f32> {
      %y = tile.rename %x "time" to "source" : <[time:4, value(V):2], f32> -> <[source:4, value(V):2], f32>
      return %y : !tile.t<[source:4, value(V):2], f32>
    }
    ```
  }];
  let arguments = (ins Tile_T:$x, StrAttr:$from, StrAttr:$to);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x $from `to` $to attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplitOp : Tile_PartOp<"split"> {
  let summary = "entries `from` onwards of one axis; the result's extent says how many";
  let description = [{
        y[i] = x[from + i]

    Along one axis; the entries exist.

    ```mlir
    func.func @split(%x: !tile.t<[time:4, key(K):3], f32>) -> !tile.t<[time:4, key(K):2], f32> {
      %y = tile.split %x "K" from 1 : <[time:4, key(K):3], f32> -> <[time:4, key(K):2], f32>
      return %y : !tile.t<[time:4, key(K):2], f32>
    }
    ```
  }];
  let arguments = (ins Tile_T:$x, StrAttr:$axis, I64Attr:$from);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x $axis `from` $from attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_JoinOp : Tile_PartOp<"join"> {
  let summary = "tiles one after the other along one axis";
  let description = [{
        y = [x_1, x_2, ...]

    Parts differ in this axis' extent alone; the result is as long as they are together.

    ```mlir
    !a = !tile.t<[time:4, key(K):3], f32>
    !b = !tile.t<[time:4, key(K):2], f32>
    !y = !tile.t<[time:4, key(K):5], f32>
    func.func @join(%a: !a, %b: !b) -> !y {
      %y = tile.join %a, %b along "K" : !a, !b -> !y
      return %y : !y
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_T>:$parts, StrAttr:$axis);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$parts `along` $axis attr-dict `:` type($parts) `->` type($result)";
  let hasVerifier = 1;
}

#endif
