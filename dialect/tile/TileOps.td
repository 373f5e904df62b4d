// The tile dialect: what the machine does for one work item, as ops over small tiles with named axes.
#ifndef TILE_OPS
#define TILE_OPS

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"

def Tile_Dialect : Dialect {
  let name = "tile";
  let cppNamespace = "::mixc::tile";
  let summary = "chunk programs over tiles with named axes";
  let description = [{
    A `tile.kernel` is the program of one work item, (sequence, head): it loads tiles of tokens, carries state tiles through
    `tile.chunks`, and stores tiles. Tiles are static; their axes have names, and every op goes by names: operands of fewer axes
    are broadcast, the order of axes is no layout. Ops have values, not memory: layout and buffers are chosen by the plan,
    as attributes on these same ops.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = "void registerAttributes(); void registerOps();";
}

//===-- Types ---------------------------------------------------------------------------------------------------===//

def Tile_AxisKind : I32EnumAttr<"AxisKind", "what an axis ranges over", [
  I32EnumAttrCase<"Time", 0, "time">, I32EnumAttrCase<"Source", 1, "source">, I32EnumAttrCase<"Key", 2, "key">,
  I32EnumAttrCase<"Value", 3, "value">, I32EnumAttrCase<"Mix", 4, "mix">, I32EnumAttrCase<"Seq", 5, "seq">,
  I32EnumAttrCase<"Free", 6, "free">
]> { let cppNamespace = "::mixc::tile"; }

class Tile_Type<string n, string mnem> : TypeDef<Tile_Dialect, n> { let mnemonic = mnem; }

def Tile_T : Tile_Type<"Tile", "t"> {
  let summary = "a tile: named axes of static extent, and an element type";
  let description = [{
    `!tile.t<[time:16, key(K):128], f32>`. An axis is its kind, its name in parentheses (left out where it is the kind's own name: `time`,
    `source`) and its extent. Names are unique in a tile and mean the same axis everywhere in a kernel. Element types: f32,
    f64, i1 (masks).
  }];
  let parameters = (ins ArrayRefParameter<"Axis">:$axes, "mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    unsigned rank() const { return getAxes().size(); }
    /// Position of the axis of this name, or -1.
    int find(llvm::StringRef name) const;
    bool has(llvm::StringRef name) const { return find(name) >= 0; }
    int64_t extent(llvm::StringRef name) const { return getAxes()[find(name)].extent; }
    bool hasTime() const { return has("time"); }
    int64_t size() const;
    TileType withElementType(mlir::Type type) const;
    TileType without(llvm::StringRef name) const;
  }];
}

def Tile_TensorKind : I32EnumAttr<"Per", "how a tensor outside is indexed", [
  I32EnumAttrCase<"Token", 0, "token">,   // [length, dims...] of this sequence and head
  I32EnumAttrCase<"Head", 1, "head">,     // [dims...] of this head: params and states
  I32EnumAttrCase<"Segment", 2, "segment"> // [segments, dims...]: one for every so many tokens
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Tensor : Tile_Type<"View", "tensor"> {
  let summary = "what one work item sees of a tensor of the caller";
  let description = [{ `!tile.tensor<token, [128], f32>`: for every token 128 numbers; `!tile.tensor<head, [128, 128], f32>`: a state or param;
    `!tile.tensor<segment, [128, 128], f32>`: a state at the start of every segment of the sequence, which ops that take it say the length of. Element types: f32, bf16, f16. }];
  let parameters = (ins "Per":$per, ArrayRefParameter<"int64_t">:$shape, "mlir::Type":$elementType);
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
}

def Tile_Mask : I32EnumAttr<"Mask", "which (time, source) pairs count", [
  I32EnumAttrCase<"None", 0, "none">,
  I32EnumAttrCase<"Lower", 1, "lower">,     // source <= time
  I32EnumAttrCase<"Strict", 2, "strict">    // source < time
]> { let cppNamespace = "::mixc::tile"; }

def Tile_ReduceKind : I32EnumAttr<"ReduceKind", "how entries are combined", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Max", 1, "max">, I32EnumAttrCase<"Mul", 2, "mul">
]> { let cppNamespace = "::mixc::tile"; }

//===-- What a kernel says of itself ----------------------------------------------------------------------------===//

def Tile_Role : I32EnumAttr<"Role", "what a tensor is to a kernel", [
  I32EnumAttrCase<"Input", 0, "input">, I32EnumAttrCase<"Param", 1, "param">,
  I32EnumAttrCase<"Initial", 2, "initial">,           // a state's start, may be absent: zero, or as declared
  I32EnumAttrCase<"Output", 3, "output">,
  I32EnumAttrCase<"Final", 4, "final">,               // a state's end, may be absent
  I32EnumAttrCase<"State", 5, "state">,               // read and written in place
  I32EnumAttrCase<"Kept", 6, "kept">,                 // a state after each token, may be absent
  I32EnumAttrCase<"Saved", 7, "saved">,               // what forward leaves for backward; there it may be absent
  I32EnumAttrCase<"OutputGrad", 8, "output_grad">,    // cotangents,
  I32EnumAttrCase<"FinalGrad", 9, "final_grad">,      // which may be absent: zero
  I32EnumAttrCase<"InputGrad", 10, "input_grad">,     // gradients, may be absent: not wanted
  I32EnumAttrCase<"ParamGrad", 11, "param_grad">, I32EnumAttrCase<"InitialGrad", 12, "initial_grad">,
  I32EnumAttrCase<"Buffer", 13, "buffer">             // no argument: what `tile.buffer` gives
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Entry : I32EnumAttr<"Entry", "which kernel of its mixer it is", [
  I32EnumAttrCase<"Forward", 0, "forward">, I32EnumAttrCase<"Backward", 1, "backward">,
  I32EnumAttrCase<"Decode", 2, "decode">,
  I32EnumAttrCase<"Replay", 3, "replay">              // writes what forward saves, and nothing else
]> { let cppNamespace = "::mixc::tile"; }

def Tile_Form : I32EnumAttr<"Form", "how a kernel goes through the tokens", [
  I32EnumAttrCase<"Chunked", 0, "chunked">,
  I32EnumAttrCase<"Stepped", 1, "stepped">,           // in chunks, and token by token inside them
  I32EnumAttrCase<"Recurrent", 2, "recurrent">        // token by token
]> { let cppNamespace = "::mixc::tile"; }

class Tile_Attr<string n, string mnem> : AttrDef<Tile_Dialect, n> { let mnemonic = mnem; }

def Tile_Argument : Tile_Attr<"Argument", "argument"> {
  let summary = "what an argument of a kernel is to its caller";
  let description = [{
    `#tile.argument<input "q" per_group>`. The name is that of the declaration, or of what is saved. `per_group`: heads of a group have
    one. `history`: the last tokens of the input of that name, oldest first; its role is a state's. `partial`, of a gradient: the kernel writes
    its own work item's part, in float32, and the caller sums the parts; into a partial `input_grad`, and into the `initial_grad` of a history, it
    adds. `every 128`, of a tensor of segments: the tokens of one.
  }];
  let parameters = (ins "Role":$role, "mlir::StringAttr":$name, "bool":$perGroup, "bool":$history, "bool":$partial,
                    "int64_t":$every);
  let builders = [
    AttrBuilder<(ins "Role":$role, "llvm::StringRef":$name, CArg<"bool", "false">:$perGroup, CArg<"bool", "false">:$history,
                     CArg<"bool", "false">:$partial, CArg<"int64_t", "0">:$every), [{
      return $_get($_ctxt, role, mlir::StringAttr::get($_ctxt, name), perGroup, history, partial, every);
    }]>
  ];
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The same in another role: of an input its gradient, of a state's end the cotangent.
    ArgumentAttr as(Role role, bool partial = false) const {
      return get(getContext(), role, getName(), getPerGroup(), getHistory(), partial, getEvery());
    }
    /// Is it of the same declaration?
    bool isOf(ArgumentAttr other) const { return getName() == other.getName() && getHistory() == other.getHistory(); }
  }];
}
def Tile_Arguments : TypedArrayAttrBase<Tile_Argument, "what the arguments of a kernel are">;

def Tile_Function : Tile_Attr<"Function", "function"> {
  let summary = "of a function that was a kernel: what its tensors are, and the memory that it needs";
  let description = [{
    `#tile.function<forward of "m" (input "q" : !tile.tensor<token, [128], f32>, ...) scratch 4096>`: the signature of `tile.kernel`,
    which the emitter leaves on the function as `tile.function`, and bytes of scratch memory.
  }];
  let parameters = (ins "mlir::StringAttr":$mixer, "Entry":$entry, ArrayRefParameter<"ArgumentAttr">:$arguments,
                    ArrayRefParameter<"ViewType">:$types, "int64_t":$sequences, "int64_t":$scratch);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
}

//===-- Kernel and loop -----------------------------------------------------------------------------------------===//

class Tile_Op<string mnemonic, list<Trait> traits = []> : Op<Tile_Dialect, mnemonic, traits>;
class Tile_PureOp<string mnemonic, list<Trait> traits = []> : Tile_Op<mnemonic, !listconcat([Pure], traits)>;

def Tile_KernelOp : Tile_Op<"kernel", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator]> {
  let summary = "the program of one work item: a (sequence, head), or a head of a block of sequences";
  let description = [{
    Block arguments are the caller's tensors; `arguments` says what each of them is (`#tile.argument`). The backward kernel takes cotangents
    and what was saved, and writes gradients. `as`: how it goes through the tokens, and why, where it is not in chunks.

    ```mlir
    tile.kernel forward @m_forward of "m" (input "x", initial "H", output "y", final "H") as chunked {
    ^bb0(%x: !tile.tensor<token, [4], f32>, %start: !tile.tensor<head, [4], f32>,
         %y: !tile.tensor<token, [4], f32>, %end: !tile.tensor<head, [4], f32>):
      ...
    }
    ```

    `sequences 8`: the work item is a head of 8 sequences at once. Every tensor but a param is there for each of them, and what is loaded from it
    or stored to it has an axis `seq` of that extent. The sequences may differ in length; the loop goes on until the longest ends. One that is
    shorter repeats its last token, and `tile.valid` says which rows of which sequence count; one of no tokens holds zeros.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrAttr:$mixer, Tile_Entry:$entry, Tile_Arguments:$arguments,
                       DefaultValuedAttr<I64Attr, "1">:$sequences, OptionalAttr<Tile_Form>:$form, OptionalAttr<StrAttr>:$why);
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
    Block arguments are the carried tiles. The last chunk may have fewer valid rows: `tile.valid` says which; `tile.load` repeats the last
    token into the others; what they do to carried tiles must be selected away. A sequence of no tokens runs no chunk.

    Inside another such loop it goes over the tokens of the outer one's chunk, whose size is a multiple of its own. `leave_last`: without the
    last of its chunks.
  }];
  let arguments = (ins I64Attr:$size, UnitAttr:$reverse, UnitAttr:$leave_last, Variadic<Tile_T>:$inits);
  let results = (outs Variadic<Tile_T>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`size` $size (`reverse` $reverse^)? (`leave_last` $leave_last^)? (`iter` `(` $inits^ `:` type($inits) `)`)? attr-dict-with-keyword $body (`->` type($results)^)?";
  let hasVerifier = 1;
}

def Tile_StepsOp : Tile_Op<"steps", [AttrSizedOperandSegments, IsolatedFromAbove, RecursiveMemoryEffects, SingleBlockImplicitTerminator<"YieldOp">]> {
  let summary = "token by token inside a chunk: a loop over its valid rows that carries tiles and stacks rows";
  let description = [{
    ```mlir
    %last, %h = tile.steps iter(%start : !tile.t<[value(V):4], f32>) rows(%a, %b : !rows, !rows) with(%u : !tile.t<[value(V):4], f32>) {
    ^bb0(%before: !tile.t<[value(V):4], f32>, %x: ..., %y: ..., %w: ...):
      ...
      tile.yield %after, %after : ...
    } -> !tile.t<[value(V):4], f32>, !rows
    ```
    Block arguments are the carried tiles, then the present row of each of `rows` (without `time`), then `with` as they are: tiles that every
    token sees whole, and the kernel's tensors. The body yields what is carried on, then the rows to stack; results are the last carried
    tiles, then the stacked ones, `time` first. First row to last, or with `reverse` last valid row to first. Rows past the valid ones are not
    computed: there stacked tiles hold what the last valid row holds, as `tile.load` does. Of a block of sequences the rows of the longest are
    valid; what a shorter one carries must be selected away past its end. In the body nothing has a time axis; a
    `tile.load` of a tensor per token there reads the present token.
  }];
  let arguments = (ins Variadic<Tile_T>:$inits, Variadic<Tile_T>:$rows, Variadic<AnyType>:$others, UnitAttr:$reverse);
  let results = (outs Variadic<Tile_T>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "(`iter` `(` $inits^ `:` type($inits) `)`)? (`rows` `(` $rows^ `:` type($rows) `)`)? (`with` `(` $others^ `:` type($others) `)`)? (`reverse` $reverse^)? attr-dict-with-keyword $body (`->` type($results)^)?";
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The operand that a block argument stands for.
    mlir::Value operandOf(mlir::BlockArgument argument) { return getOperand(argument.getArgNumber()); }
    mlir::ResultRange getStacked() { return getResults().drop_front(getInits().size()); }
  }];
}

def Tile_YieldOp : Tile_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "the values of a region: carried tiles, or the scalar of a map";
  let arguments = (ins Variadic<AnyType>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{}]>];
}

//===-- Memory --------------------------------------------------------------------------------------------------===//

def Tile_LoadOp : Tile_PureOp<"load"> {
  let summary = "read rows of this chunk from a `token` tensor, or all of a `head` tensor";
  let description = [{
    Axes after `time` are the tensor's dims, in order. Rows past the last valid one repeat it. Converts the element type (f32, bf16 or f16 in memory to f32 or f64).
    Of a `token` tensor only inside `tile.chunks`; of a `head` tensor anywhere; of a `segment` tensor, `every n`: what belongs to the
    segment of n tokens that the chunk lies in, without `time`.

    `lag n history %h`: row t holds token t - n of the sequence. Tokens before the first one are the last rows of the history, a `head` tensor
    [m, dims...] with n <= m, oldest first; 0 where it is absent.
  }];
  let arguments = (ins Tile_Tensor:$tensor, Optional<Tile_Tensor>:$history, DefaultValuedAttr<I64Attr, "0">:$lag,
                       DefaultValuedAttr<I64Attr, "0">:$every);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$tensor (`every` $every^)? (`lag` $lag^)? (`history` $history^ `:` type($history))? attr-dict `:` type($tensor) `->` type($result)";
  let builders = [OpBuilder<(ins "mlir::Type":$result, "mlir::Value":$tensor),
                            [{ build($_builder, $_state, result, tensor, mlir::Value(), 0, 0); }]>];
  let hasVerifier = 1;
}

def Tile_HistoryOp : Tile_Op<"history"> {
  let summary = "write the last tokens of `past` followed by the sequence: what a lagged load of the tokens after it reads";
  let description = [{
    After the loop: to a `head` tensor [m, dims...], the m tokens before the end of the sequence, oldest first; it may be `past` itself, or absent.
    In a loop over single tokens: to a `kept` tensor, the same up to and with this token. Where the sequence has fewer than m tokens the rest
    is the end of `past`, and 0 where that is absent.
  }];
  let arguments = (ins Tile_Tensor:$tokens, Tile_Tensor:$past, Tile_Tensor:$to);
  let assemblyFormat = "$tokens `past` $past `to` $to attr-dict `:` type($tokens) `,` type($past) `,` type($to)";
  let hasVerifier = 1;
}

def Tile_StoreOp : Tile_Op<"store"> {
  let summary = "write the valid rows of this chunk to a `token` tensor";
  let description = [{
    Rounds to the tensor's element type, to nearest even. A `kept` tensor, which may be absent, takes a state's tile (without `time`) after the only
    token of a chunk of one. A `segment` tensor, `every n`, takes a tile without `time` from the chunk that begins a segment of n tokens; or, with
    `next`, from the chunk that ends before it. In
    `tile.steps` the present token's row is written.

    `add`: to what is there. `lag n history %h`: row t belongs to token t - n, or, before the first token, to the rows of a history as
    `tile.load` counts them; where that is absent they are dropped. It is the adjoint of the lagged load, so it always adds.
  }];
  let arguments = (ins Tile_T:$value, Tile_Tensor:$tensor, Optional<Tile_Tensor>:$history, DefaultValuedAttr<I64Attr, "0">:$lag,
                       DefaultValuedAttr<I64Attr, "0">:$every, UnitAttr:$next, UnitAttr:$add);
  let assemblyFormat = "$value `,` $tensor (`every` $every^)? (`next` $next^)? (`lag` $lag^)? (`history` $history^ `:` type($history))? (`add` $add^)? attr-dict `:` type($value) `,` type($tensor)";
  let builders = [OpBuilder<(ins "mlir::Value":$value, "mlir::Value":$tensor),
                            [{ build($_builder, $_state, value, tensor, mlir::Value(), 0, 0, false, false); }]>];
  let hasVerifier = 1;
}

def Tile_HistoryGradOp : Tile_Op<"history_grad"> {
  let summary = "the adjoint of `tile.history`: adds each row of a history's cotangent to the token, or the row of the past, that it came from";
  let arguments = (ins Tile_Tensor:$cotangent, Tile_Tensor:$tokens, Tile_Tensor:$past);
  let assemblyFormat = "$cotangent `tokens` $tokens `past` $past attr-dict `:` type($cotangent) `,` type($tokens) `,` type($past)";
  let hasVerifier = 1;
}

def Tile_BufferOp : Tile_Op<"buffer"> {
  let summary = "memory of this work item: a tensor of `slots` segments, used again and again";
  let description = [{ Segment i of the sequence lies in slot i modulo `slots`. }];
  let arguments = (ins I64Attr:$slots);
  let results = (outs Tile_Tensor:$result);
  let assemblyFormat = "$slots attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_PresentOp : Tile_PureOp<"present"> {
  let summary = "did the caller pass this tensor? `!tile.t<[], i1>`";
  let arguments = (ins Tile_Tensor:$tensor);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$tensor attr-dict `:` type($tensor) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_InitOp : Tile_Op<"init"> {
  let summary = "a state's tile before the first token (or one that was saved): the caller's, or `start` everywhere (`identity`: on the diagonal; `or`: a param) where he passed none";
  let arguments = (ins Tile_Tensor:$tensor, Optional<Tile_Tensor>:$fallback, DefaultValuedAttr<F64Attr, "0.0">:$start, UnitAttr:$identity);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$tensor (`or` $fallback^ `:` type($fallback))? (`start` $start^)? attr-dict `:` type($tensor) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_FinalOp : Tile_Op<"final"> {
  let summary = "write a state's tile after the last token, where the caller asked for it, or to save it";
  let arguments = (ins Tile_T:$value, Tile_Tensor:$tensor);
  let assemblyFormat = "$value `,` $tensor attr-dict `:` type($value) `,` type($tensor)";
  let hasVerifier = 1;
}

//===-- Arithmetic ----------------------------------------------------------------------------------------------===//

def Tile_ConstantOp : Tile_PureOp<"constant"> {
  let summary = "a tile of one number";
  let arguments = (ins F64Attr:$value);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Tile_IotaOp : Tile_PureOp<"iota"> {
  let summary = "0, 1, 2, ... along the only axis";
  let results = (outs Tile_T:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_ValidOp : Tile_PureOp<"valid"> {
  let summary = "the mask of this chunk's valid rows: `!tile.t<[time:C], i1>`";
  let description = [{
    Of a block of sequences: which rows of which, `!tile.t<[time:C, seq:8], i1>`; in `tile.steps`, and where a chunk is one token, also of the
    present row alone, `!tile.t<[seq:8], i1>`.
  }];
  let results = (outs Tile_T:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Tile_MapOp : Tile_PureOp<"map", [SingleBlock, IsolatedFromAbove]> {
  let summary = "apply a scalar region to every entry, operands broadcast by axis name";
  let description = [{
    ```mlir
    %y = tile.map (%a, %b) : (!tile.t<[time:16], f32>, !tile.t<[time:16, value(V):64], f32>) -> !tile.t<[time:16, value(V):64], f32> {
    ^bb0(%x: f32, %z: f32):
      %p = arith.mulf %x, %z : f32
      tile.yield %p : f32
    }
    ```
    The region holds `arith` and `math` ops and `tile.stop` on scalars of the operands' element types, constants included, and nothing from
    outside.
  }];
  let arguments = (ins Variadic<Tile_T>:$inputs);
  let results = (outs Tile_T:$result);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`(` $inputs `)` attr-dict `:` functional-type($inputs, $result) $body";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Tile_StopOp : Tile_PureOp<"stop", [SameOperandsAndResultType, ParentOneOf<["MapOp"]>]> {
  let summary = "the number itself, without a derivative; in the region of a map";
  let arguments = (ins AnyFloat:$x);
  let results = (outs AnyFloat:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def Tile_SelectOp : Tile_PureOp<"select"> {
  let summary = "`mask ? x : y` for every entry: the only way to mask";
  let arguments = (ins Tile_T:$mask, Tile_T:$x, Tile_T:$y);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$mask `,` $x `,` $y attr-dict `:` type($mask) `,` type($x) `,` type($y) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_CastOp : Tile_PureOp<"cast"> {
  let summary = "change the element type: f64 to f32 or back";
  let arguments = (ins Tile_T:$x);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_ContractOp : Tile_PureOp<"contract", []> {
  let summary = "sum of products over named axes: any matmul; plus `acc`";
  let description = [{
    result[o] = acc[o] + sum over the axes of `over` of a[..] b[..]. The result's axes are those of a and b that are not
    contracted (shared ones are batch axes). With a mask, pairs (time, source) that it excludes count as 0, exactly, whatever the operands
    hold: if both axes are in the result these entries are 0 (or acc); if `source` is contracted these terms are left out.
  }];
  let arguments = (ins Tile_T:$a, Tile_T:$b, Optional<Tile_T>:$acc, StrArrayAttr:$over, DefaultValuedAttr<Tile_Mask, "Mask::None">:$mask);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$a `,` $b (`acc` $acc^ `:` type($acc))? `over` $over (`mask` $mask^)? attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Tile_ReduceOp : Tile_PureOp<"reduce"> {
  let summary = "sum, maximum or product over named axes";
  let description = [{
    `%d = tile.reduce mul %a over ["time"] most 1.0e+30 : !tile.t<[time:16, key(K):64], f32> -> !tile.t<[key(K):64], f64>`

    A product is over the time axis alone: of a decay it is D(0,C]. Its result may be f64 where the operand is f32: then every factor is widened
    first, and what many chunks multiply by is more exact than float32. `most`: see `tile.recur`.
  }];
  let arguments = (ins Tile_ReduceKind:$kind, Tile_T:$x, StrArrayAttr:$over, DefaultValuedAttr<F64Attr, "0.0">:$most);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$kind $x `over` $over (`most` $most^)? attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
  let hasCanonicalizer = 1;
}

def Tile_RecurOp : Tile_PureOp<"recur", []> {
  let summary = "y_t = a_t y_{t-1} + b_t along `time`: prefix, suffix and segment products, and scans";
  let description = [{
    y before the first row is `init`, or 0. `a` may have fewer axes than `b`. `reverse`: from the last row to the first, y_t = a_t y_{t+1} + b_t. `exclusive`: row t of the result is what came
    before row t, that is y_{t-1} (y_{t+1} if reverse), `init` (or 0) in the first (last) row.
    Uses, for a decay a: D(0,t] is recur(a, 0, init 1); D(0,t-1] the same, exclusive; D(t,C] the same, reverse and exclusive;
    D(s,t] for s <= t is recur(a, [t = s]); D(s,t-1] for s < t the same, exclusive. No division, exact zeros.

    `blocks n`: every n rows are a recurrence of their own, which begins with `init` (or 0) and knows nothing of the rows of other blocks, be
    they infinite or no numbers. The last block may have fewer.
    `most x`: |y| stays at most x, after every row. A product of gates above 1 that would overflow is then finite, so that what it multiplies
    may be 0. No number stays none.
  }];
  let arguments = (ins Tile_T:$a, Tile_T:$b, Optional<Tile_T>:$init, UnitAttr:$reverse, UnitAttr:$exclusive,
                       DefaultValuedAttr<I64Attr, "0">:$blocks, DefaultValuedAttr<F64Attr, "0.0">:$most);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$a `,` $b (`init` $init^ `:` type($init))? (`reverse` $reverse^)? (`exclusive` $exclusive^)? (`blocks` $blocks^)? (`most` $most^)? attr-dict `:` type($a) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SolveOp : Tile_PureOp<"solve"> {
  let summary = "X with X + tril(L, -1) X = B; `transpose`: X + tril(L, -1)' X = B";
  let description = [{
    L is (time, source) alone; what it holds on and above the diagonal is not read. B and X have the time axis and any others.

    `mixing "m" from "n"`: several unknowns a token, all coupled. L has the axes m and n too, B and X have m:
    X_tm + sum_{s<t} sum_n L_tsmn X_sn + sum_{n<m} L_ttmn X_tn = B_tm. An unknown takes those before it of its own token, too.
  }];
  let arguments = (ins Tile_T:$l, Tile_T:$b, OptionalAttr<StrAttr>:$row, OptionalAttr<StrAttr>:$column, UnitAttr:$transpose);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$l `,` $b (`mixing` $row^ `from` $column)? (`transpose` $transpose^)? attr-dict `:` type($l) `,` type($b) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_RowOp : Tile_PureOp<"row"> {
  let summary = "row `index` of the time axis";
  let arguments = (ins Tile_T:$x, I64Attr:$index);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x `[` $index `]` attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_RenameOp : Tile_PureOp<"rename"> {
  let summary = "the same numbers with one axis called otherwise: a token as a source, a key as a value";
  let arguments = (ins Tile_T:$x, StrAttr:$from, StrAttr:$to);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x $from `to` $to attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_SplitOp : Tile_PureOp<"split"> {
  let summary = "entries `from` onwards of one axis; the result's extent says how many";
  let arguments = (ins Tile_T:$x, StrAttr:$axis, I64Attr:$from);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$x $axis `from` $from attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Tile_JoinOp : Tile_PureOp<"join"> {
  let summary = "tiles one after the other along one axis";
  let arguments = (ins Variadic<Tile_T>:$parts, StrAttr:$axis);
  let results = (outs Tile_T:$result);
  let assemblyFormat = "$parts `along` $axis attr-dict `:` type($parts) `->` type($result)";
  let hasVerifier = 1;
}

#endif
