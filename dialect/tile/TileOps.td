// The tile dialect: what the machine does for one work item, as ops over small tiles with named axes.
#ifndef TILE_OPS
#define TILE_OPS

include "TileArithOps.td"
include "TileAttrs.td"
include "TilePlan.td"
include "TileTypes.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

//===-- Kernel and loop -----------------------------------------------------------------------------------------===//

def Tile_KernelOp : Tile_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator]> {
  let summary = "the program of one work item: a (sequence, head), or a head of a block of sequences";
  let description = [{
        for every head of every sequence, or of every block of sequences:  body(what it sees of each tensor)

    Block arguments are the caller's tensors, and `arguments` says what each of them is (`#tile.argument`). The backward
    kernel takes cotangents and what was saved, and writes gradients. `as`: how it goes through the tokens, and why,
    where that is not in chunks.

    `sequences 8`: the work item is a head of 8 sequences at once. Every tensor but a param is there for each of them,
    and what is loaded from it or stored to it has an axis `seq` of that extent. The sequences may differ in length; the
    loop goes on until the longest ends. One that is shorter repeats its last token, and `tile.valid` says which rows of
    which sequence count; one of no tokens holds zeros.

    ```mlir
    // What is read before the chunk, then the chunk's writes: y_t = S k_t, S <- S + sum_t v_t k_t'.
    !k = !tile.t<[time:4, key(K):3], f32>
    !v = !tile.t<[time:4, value(V):2], f32>
    !s = !tile.t<[value(V):2, key(K):3], f32>
    !keys = !tile.tensor<token, [3], f32>
    !values = !tile.tensor<token, [2], bf16>
    !memory = !tile.tensor<head, [2, 3], f32>
    tile.kernel forward @memory of "memory" (input "k", input "v", initial "S", output "y", final "S") {
    ^bb0(%k_in: !keys, %v_in: !values, %S_in: !memory, %y_out: !values, %S_out: !memory):
      %start = tile.init %S_in : !memory -> !s
      %end = tile.chunks size 4 iter(%start : !s) {
      ^bb0(%S: !s):
        %k = tile.load %k_in : !keys -> !k
        %v = tile.load %v_in : !values -> !v
        %y = tile.contract %S, %k over ["K"] : !s, !k -> !v
        tile.store %y, %y_out : !v, !values
        %valid = tile.valid : <[time:4], i1>
        %zero = tile.constant 0.0 : <[], f32>
        %written = tile.select %valid, %v, %zero : <[time:4], i1>, !v, <[], f32> -> !v
        %next = tile.contract %written, %k acc %S : !s over ["time"] : !v, !k -> !s
        tile.yield %next : !s
      } -> !s
      tile.final %end, %S_out : !s, !memory
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$mixer, Tile_Entry:$entry, Tile_Arguments:$arguments,
                       DefaultValuedAttr<I64Attr, "1">:$sequences, OptionalAttr<Tile_Form>:$form,
                       OptionalAttr<StrAttr>:$why);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $entry $sym_name `of` $mixer custom<Arguments>($arguments) (`sequences` $sequences^)?
    (`as` $form^)? (`because` $why^)? attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ArgumentAttr argument(unsigned index) { return llvm::cast<ArgumentAttr>(getArguments()[index]); }
    /// Appends an argument, and what it is.
    mlir::BlockArgument addArgument(ArgumentAttr argument, ViewType type, mlir::Location loc);
    void eraseArguments(const llvm::BitVector &which);
    /// Has it an argument of this role?
    bool has(Role role);
  }];
}

def Tile_ChunksOp : Tile_Op<"chunks", [SingleBlockImplicitTerminator<"YieldOp">, RecursiveMemoryEffects]> {
  let summary = "the loop over chunks of `size` tokens, first to last (or last to first), carrying tiles";
  let description = [{
        carried = inits;  for every chunk: carried = body(carried);  results = carried

    Block arguments are the carried tiles. The last chunk may have fewer valid rows: `tile.valid` says which;
    `tile.load` repeats the last token into the others; what they do to carried tiles must be selected away. A sequence
    of no tokens runs no chunk.

    Inside another such loop it goes over the tokens of the outer one's chunk, whose size is a multiple of its own.
    `leave_last`: without the last of its chunks. Examples: `tile.kernel`, `tile.buffer`.
  }];
  let arguments = (ins I64Attr:$size, UnitAttr:$reverse, UnitAttr:$leave_last, Variadic<Tile_T>:$inits);
  let results = (outs Variadic<Tile_T>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`size` $size (`reverse` $reverse^)? (`leave_last` $leave_last^)? (`iter` `(` $inits^ `:` "
                       "type($inits) `)`)? attr-dict-with-keyword $body (`->` type($results)^)?";
  let hasVerifier = 1;
}

def Tile_StepsOp : Tile_Op<"steps", [AttrSizedOperandSegments, IsolatedFromAbove, RecursiveMemoryEffects,
                                     SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "token by token inside a chunk: a loop over its valid rows that carries tiles and stacks rows";
  let description = [{
        carried, row_t = body(carried, rows_t, with)        for every valid t;  results = carried, [row_t]

    Block arguments are the carried tiles, then the present row of each of `rows` (without `time`), then `with` as they
    are: tiles that every token sees whole, and the kernel's tensors. The body yields what is carried on, then the rows
    to stack; results are the last carried tiles, then the stacked ones, `time` first. First row to last, or with
    `reverse` last valid row to first. Rows past the valid ones are not computed: there stacked tiles hold what the last
    valid row holds, as `tile.load` does. Of a block of sequences the rows of the longest are valid; what a shorter one
    carries must be selected away past its end. In the body nothing has a time axis; a `tile.load` of a tensor per token
    there reads the present token.

    ```mlir
    // h_t = max(h_{t-1}, x_t), every one of which is stored.
    !h = !tile.t<[value(V):2], f32>
    !rows = !tile.t<[time:4, value(V):2], f32>
    tile.kernel forward @scan of "scan" (input "x", output "y") {
    ^bb0(%x_in: !tile.tensor<token, [2], f32>, %y_out: !tile.tensor<token, [2], f32>):
      %zero = tile.constant 0.0 : !h
      %end = tile.chunks size 4 iter(%zero : !h) {
      ^bb0(%before: !h):
        %x = tile.load %x_in : <token, [2], f32> -> !rows
        %last, %all = tile.steps iter(%before : !h) rows(%x : !rows) {
        ^bb0(%h: !h, %now: !h):
          %next = tile.map (%h, %now) : (!h, !h) -> !h {
          ^bb0(%a: f32, %b: f32):
            %c = arith.maximumf %a, %b : f32
            tile.yield %c : f32
          }
          tile.yield %next, %next : !h, !h
        } -> !h, !rows
        tile.store %all, %y_out : !rows, <token, [2], f32>
        tile.yield %last : !h
      } -> !h
    }
    ```
  }];
  let arguments = (ins Variadic<Tile_T>:$inits, Variadic<Tile_T>:$rows, Variadic<AnyType>:$others, UnitAttr:$reverse);
  let results = (outs Variadic<Tile_T>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`iter` `(` $inits^ `:` type($inits) `)`)? (`rows` `(` $rows^ `:` type($rows) `)`)? (`with` "
                       "`(` $others^ `:` type($others) `)`)? (`reverse` $reverse^)? attr-dict-with-keyword $body "
                       "(`->` type($results)^)?";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The operand that a block argument stands for.
    mlir::Value operandOf(mlir::BlockArgument argument) { return getOperand(argument.getArgNumber()); }
    mlir::ResultRange getStacked() { return getResults().drop_front(getInits().size()); }
  }];
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "the values of a region: carried tiles, or the scalar of a map";
  let description = [{
        results = values

    The terminator of `tile.chunks`, `tile.steps` and `tile.map`. Examples: `tile.steps`, `tile.map`.
  }];
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{}]>];
}

//===-- Memory --------------------------------------------------------------------------------------------------===//

def Tile_LoadOp : Tile_PureOp<"load"> {
  let summary = "read rows of this chunk from a `token` tensor, or all of a `head` tensor";
  let description = [{
        result[t, ...] = tensor[first token of the chunk + t, ...]        result = tensor, of a `head` tensor

    Axes after `time` are the tensor's dims, in order. Rows past the last valid one repeat it. Converts the element type
    (f32, bf16 or f16 in memory to f32 or f64). Of a `token` tensor only inside `tile.chunks`; of a `head` tensor
    anywhere; of a `segment` tensor, `every n`: what belongs to the segment of n tokens that the chunk lies in, without
    `time`.

    `lag n history %h`: row t holds token t - n of the sequence. Tokens before the first one are the last rows of the
    history, a `head` tensor [m, dims...] with n <= m, oldest first; 0 where it is absent. Examples: `tile.kernel`;
    lagged, `tile.history`; of segments, `tile.buffer`.
  }];
  let arguments = (ins Tile_Tensor:$tensor, Optional<Tile_Tensor>:$history, DefaultValuedAttr<I64Attr, "0">:$lag,
                       DefaultValuedAttr<I64Attr, "0">:$every);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$tensor (`every` $every^)? (`lag` $lag^)? (`history` $history^ `:` type($history))? attr-dict "
                       "`:` type($tensor) `->` type($result)";
  let builders = [OpBuilder<(ins "mlir::Type":$result, "mlir::Value":$tensor),
                            [{ build($_builder, $_state, result, tensor, mlir::Value(), 0, 0); }]>];
  let hasVerifier = 1;
}

def Tile_HistoryOp : Tile_Op<"history"> {
  let summary = "write the last tokens of `past` followed by the sequence: what a lagged load reads of them later";
  let description = [{
        to = the last m rows of [past; tokens]

    After the loop: to a `head` tensor [m, dims...], the m tokens before the end of the sequence, oldest first; it may
    be `past` itself, or absent. In a loop over single tokens: to a `kept` tensor, the same up to and with this token.
    Where the sequence has fewer than m tokens the rest is the end of `past`, and 0 where that is absent.

    ```mlir
    // y_t = x_{t-2}
    !x = !tile.t<[time:4, key(K):3], f32>
    !tokens = !tile.tensor<token, [3], f32>
    !history = !tile.tensor<head, [2, 3], f32>
    tile.kernel forward @shift of "shift" (input "x", initial "x" history, output "y", final "x" history) {
    ^bb0(%x_in: !tokens, %past: !history, %y_out: !tokens, %to: !history):
      tile.chunks size 4 {
        %x = tile.load %x_in lag 2 history %past : !history : !tokens -> !x
        tile.store %x, %y_out : !x, !tokens
      }
      tile.history %x_in past %past to %to : !tokens, !history, !history
    }
    ```
  }];
  let arguments = (ins Tile_Tensor:$tokens, Tile_Tensor:$past, Tile_Tensor:$to);
  let assemblyFormat = "$tokens `past` $past `to` $to attr-dict `:` type($tokens) `,` type($past) `,` type($to)";
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "write the valid rows of this chunk to a `token` tensor";
  let description = [{
        tensor[first token of the chunk + t, ...] = value[t, ...]        for every valid t

    Rounds to the tensor's element type, to nearest even. A `kept` tensor, which may be absent, takes a state's tile
    (without `time`) after the only token of a chunk of one. A `segment` tensor, `every n`, takes a tile without `time`
    from the chunk that begins a segment of n tokens; or, with `next`, from the chunk that ends before it. In
    `tile.steps` the present token's row is written.

    `add`: to what is there. `lag n history %h`: row t belongs to token t - n, or, before the first token, to the rows
    of a history as `tile.load` counts them; where that is absent they are dropped. It is the adjoint of the lagged
    load, so it always adds. Examples: `tile.kernel`; lagged, `tile.history_grad`; of segments, `tile.buffer`.
  }];
  let arguments = (ins Tile_T:$value, Tile_Tensor:$tensor, Optional<Tile_Tensor>:$history,
                       DefaultValuedAttr<I64Attr, "0">:$lag,
                       DefaultValuedAttr<I64Attr, "0">:$every, UnitAttr:$next, UnitAttr:$add);
  let assemblyFormat = "$value `,` $tensor (`every` $every^)? (`next` $next^)? (`lag` $lag^)? (`history` $history^ "
                       "`:` type($history))? (`add` $add^)? attr-dict `:` type($value) `,` type($tensor)";
  let builders = [OpBuilder<(ins "mlir::Value":$value, "mlir::Value":$tensor),
                            [{ build($_builder, $_state, value, tensor, mlir::Value(), 0, 0, false, false); }]>];
  let hasVerifier = 1;
}

def Tile_HistoryGradOp : Tile_Op<"history_grad"> {
  let summary = "the adjoint of `tile.history`: add each row of a history's cotangent to the row that it came from";
  let description = [{
        [past; tokens] += cotangent, in its last m rows

    What came from a token of the sequence goes to that token's gradient, what came from the past to the past's. Once,
    outside the loop.

    ```mlir
    // The adjoint of y_t = x_{t-2}: dx_{t-2} += dy_t.
    !x = !tile.t<[time:4, key(K):3], f32>
    !tokens = !tile.tensor<token, [3], f32>
    !history = !tile.tensor<head, [2, 3], f32>
    tile.kernel backward @shift_backward of "shift"
        (output_grad "y", final_grad "x" history, input_grad "x" partial, initial_grad "x" history partial) {
    ^bb0(%dy_in: !tokens, %dto: !history, %dx: !tokens, %dpast: !history):
      tile.history_grad %dto tokens %dx past %dpast : !history, !tokens, !history
      tile.chunks size 4 reverse {
        %dy = tile.load %dy_in : !tokens -> !x
        tile.store %dy, %dx lag 2 history %dpast : !history add : !x, !tokens
      }
    }
    ```
  }];
  let arguments = (ins Tile_Tensor:$cotangent, Tile_Tensor:$tokens, Tile_Tensor:$past);
  let assemblyFormat = "$cotangent `tokens` $tokens `past` $past attr-dict `:` type($cotangent) `,` type($tokens) `,` "
                       "type($past)";
  let hasVerifier = 1;
}

def Tile_BufferOp : Tile_Op<"buffer"> {
  let summary = "memory of this work item: a tensor of `slots` segments, used again and again";
  let description = [{
        buffer[i mod slots] = segment i of the sequence

    Segments of float32, in a kernel's body alone. What backward needs of the chunks before it is kept so.

    ```mlir
    // The states before each chunk of a segment of 8 tokens are kept, first to last, and found again, last to first.
    !h = !tile.t<[key(K):3], f32>
    tile.kernel forward @again of "again" (input "x") {
    ^bb0(%x_in: !tile.tensor<token, [3], f32>):
      %zero = tile.constant 0.0 : !h
      %kept = tile.buffer 2 : <segment, [3], f32>
      tile.chunks size 8 reverse {
        %end = tile.chunks size 4 iter(%zero : !h) {
        ^bb0(%h: !h):
          tile.store %h, %kept every 4 : !h, <segment, [3], f32>
          %x = tile.load %x_in : <token, [3], f32> -> <[time:4, key(K):3], f32>
          %next = tile.reduce max %x over ["time"] : <[time:4, key(K):3], f32> -> !h
          tile.yield %next : !h
        } -> !h
        tile.chunks size 4 reverse {
          %before = tile.load %kept every 4 : <segment, [3], f32> -> !h
        }
      }
    }
    ```
  }];
  let arguments = (ins I64Attr:$slots);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$slots attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_PresentOp : Tile_PureOp<"present"> {
  let summary = "did the caller pass this tensor? `!tile.t<[], i1>`";
  let description = [{
        y = 1 if the caller passed the tensor, else 0

    What may be absent decides which way a gradient goes: that of a state's start, where the state starts from a param.

    ```mlir
    tile.kernel forward @start of "start" (initial "S") {
    ^bb0(%S_in: !tile.tensor<head, [2, 3], f32>):
      %passed = tile.present %S_in : <head, [2, 3], f32> -> <[], i1>
    }
    ```
  }];
  let arguments = (ins Tile_Tensor:$tensor);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$tensor attr-dict `:` type($tensor) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_InitOp : Tile_Op<"init"> {
  let summary = "read a state's tile before the first token, or one that was saved";
  let description = [{
        result = tensor, where the caller passed it; else fallback, or start everywhere, or start I

    The tile's axes are the tensor's dims, in order. Where the caller passed none: `or`, a param of the same dims;
    `identity`, 1 on the diagonal of a square tile; else `start` in every entry. Example: `tile.kernel`.
  }];
  let arguments = (ins Tile_Tensor:$tensor, Optional<Tile_Tensor>:$fallback, DefaultValuedAttr<F64Attr, "0.0">:$start,
                       UnitAttr:$identity);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$tensor (`or` $fallback^ `:` type($fallback))? (`start` $start^)? attr-dict `:` type($tensor) "
                       "`->` type($result)";
  let hasVerifier = 1;
}

def Tile_FinalOp : Tile_Op<"final"> {
  let summary = "write a state's tile after the last token, where the caller asked for it, or to save it";
  let description = [{
        tensor = value

    Where the caller asked for it. The tile's axes are the tensor's dims, in order; rounds to the tensor's element type,
    to nearest even. Example: `tile.kernel`.
  }];
  let arguments = (ins Tile_T:$value, Tile_Tensor:$tensor);
  let assemblyFormat = "$value `,` $tensor attr-dict `:` type($value) `,` type($tensor)";
  let hasVerifier = 1;
}

#endif
