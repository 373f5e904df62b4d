// The mix dialect: what the user said, as equations over one token. Dims are symbols; nothing here knows a size.
#ifndef MIX_OPS
#define MIX_OPS

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Mix_Dialect : Dialect {
  let name = "mix";
  let cppNamespace = "::mixc::mix";
  let summary = "sequence mixers as equations over one token";
  let description = [{
    One `mix.mixer` holds the equations of one mixer: declarations (`mix.input`, `mix.param`, `mix.state`), tensor ops at
    time t, and what they define (`mix.next` for a state after the token, `mix.output`). All values are of type `!mix.t`,
    whose dims are polynomials over the mixer's symbols. Vectors are columns; a row is the vector itself, and the op that
    uses it (`mix.dot`, `mix.outer`, `mix.matmul` of a transpose) says which side it stands on.
  }];
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let hasConstantMaterializer = 1;
}

//===-- Types and attributes -----------------------------------------------------------------------------------===//

def Mix_RateAttr : I32EnumAttr<"Rate", "how often a value changes", [
  I32EnumAttrCase<"Constant", 0, "constant">,   // the same everywhere
  I32EnumAttrCase<"GroupParam", 1, "group_param">, // one value per group of heads, constant over time
  I32EnumAttrCase<"Param", 2, "param">,         // one value per head, constant over time
  I32EnumAttrCase<"Group", 3, "group">,         // one value per token and group of heads
  I32EnumAttrCase<"Head", 4, "head">            // one value per token and head
]> { let cppNamespace = "::mixc::mix"; }

class Mix_Type<string n, string mnem> : TypeDef<Mix_Dialect, n> { let mnemonic = mnem; }

def Mix_T : Mix_Type<"Tensor", "t"> {
  let summary = "a scalar, vector or matrix with symbolic dims and a rate";
  let description = [{
    `!mix.t<[V, 1+K+K*K], head>`: no dim is a scalar, one a column vector, two a matrix. Each dim is a polynomial with
    rational coefficients in canonical text (see Dim.h), so equal dims are equal types. The rate says whether the
    value changes per token and head, per token and group of heads, per head alone, or never. Syntax:
    `!mix.t<[K], head>`, scalars `!mix.t<[], head>`.
  }];
  let parameters = (ins ArrayRefParameter<"Dim">:$dims, "Rate":$rate);
  let hasCustomAssemblyFormat = 1;
  let extraClassDeclaration = [{
    unsigned rank() const { return getDims().size(); }
    bool isScalar() const { return rank() == 0; }
    bool isVector() const { return rank() == 1; }
    bool isMatrix() const { return rank() == 2; }
    bool sameShape(TensorType other) const { return getDims() == other.getDims(); }
  }];
}

def Mix_UnaryKind : I32EnumAttr<"UnaryKind", "a function of one number", [
  I32EnumAttrCase<"Neg", 0, "neg">, I32EnumAttrCase<"Exp", 1, "exp">, I32EnumAttrCase<"Log", 2, "log">,
  I32EnumAttrCase<"Sigmoid", 3, "sigmoid">, I32EnumAttrCase<"Tanh", 4, "tanh">, I32EnumAttrCase<"Relu", 5, "relu">,
  I32EnumAttrCase<"Silu", 6, "silu">, I32EnumAttrCase<"Gelu", 7, "gelu">, I32EnumAttrCase<"Softplus", 8, "softplus">,
  I32EnumAttrCase<"Elu", 9, "elu">, I32EnumAttrCase<"Sqrt", 10, "sqrt">, I32EnumAttrCase<"Rsqrt", 11, "rsqrt">,
  I32EnumAttrCase<"Abs", 12, "abs">, I32EnumAttrCase<"Sign", 13, "sign">, I32EnumAttrCase<"Sin", 14, "sin">,
  I32EnumAttrCase<"Cos", 15, "cos">, I32EnumAttrCase<"ExpM1", 16, "expm1">, I32EnumAttrCase<"Log1P", 17, "log1p">,
  I32EnumAttrCase<"Erf", 18, "erf">, I32EnumAttrCase<"Erfc", 19, "erfc">, I32EnumAttrCase<"GeluErf", 20, "gelu_erf">,
  I32EnumAttrCase<"Not", 21, "not">,            // of a condition
  I32EnumAttrCase<"Stop", 22, "stop">           // x, without a derivative
]> { let cppNamespace = "::mixc::mix"; }

def Mix_BinaryKind : I32EnumAttr<"BinaryKind", "a function of two numbers", [
  I32EnumAttrCase<"Add", 0, "add">, I32EnumAttrCase<"Sub", 1, "sub">, I32EnumAttrCase<"Mul", 2, "mul">,
  I32EnumAttrCase<"Div", 3, "div">, I32EnumAttrCase<"Pow", 4, "pow">, I32EnumAttrCase<"Min", 5, "min">,
  I32EnumAttrCase<"Max", 6, "max">, I32EnumAttrCase<"LogAddExp", 7, "logaddexp">,
  // Conditions: 1 where it holds, 0 where not. A comparison with NaN holds for not_equal alone.
  I32EnumAttrCase<"Less", 8, "less">, I32EnumAttrCase<"LessEqual", 9, "less_equal">,
  I32EnumAttrCase<"Equal", 10, "equal">, I32EnumAttrCase<"NotEqual", 11, "not_equal">,
  I32EnumAttrCase<"And", 12, "and">, I32EnumAttrCase<"Or", 13, "or">
]> { let cppNamespace = "::mixc::mix"; }

def Mix_ReduceKind : I32EnumAttr<"ReduceKind", "how the entries are combined", [
  I32EnumAttrCase<"Sum", 0, "sum">, I32EnumAttrCase<"Max", 1, "max">
]> { let cppNamespace = "::mixc::mix"; }

def Mix_TransitionKind : I32EnumAttr<"TransitionKind", "the class of a component's transition", [
  I32EnumAttrCase<"Identity", 0, "identity">, I32EnumAttrCase<"Scalar", 1, "scalar">,
  I32EnumAttrCase<"Diagonal", 2, "diagonal">
]> { let cppNamespace = "::mixc::mix"; }

def Mix_WriteKind : I32EnumAttr<"WriteKind", "how a component's writes depend on its reads", [
  I32EnumAttrCase<"Free", 0, "free">,           // no write uses a read: masked matmuls only
  I32EnumAttrCase<"Affine", 1, "affine">,       // scalar coefficients: one triangular solve
  I32EnumAttrCase<"Channel", 2, "channel">,     // affine, a triangle per value channel: substitution
  I32EnumAttrCase<"Nonlinear", 3, "nonlinear">  // substitution
]> { let cppNamespace = "::mixc::mix"; }

def Mix_ClassAttr : AttrDef<Mix_Dialect, "Class"> {
  let mnemonic = "class";
  let summary = "the class of a component: what its chunk program may use";
  let description = [{
    `#mix.class<scalar, affine>`: the transition (constant over time if `param` or `constant` rate of its operands), a
    gate on the value axis if `valueGate`, `n` states mixed if the component has several, and how writes depend on reads.
  }];
  let parameters = (ins "TransitionKind":$transition, "WriteKind":$writes,
                        DefaultValuedParameter<"bool", "false">:$valueGate);
  let assemblyFormat = "`<` $transition `,` $writes (`,` `value_gate` `=` $valueGate^)? `>`";
}

def Mix_FamilyAttr : AttrDef<Mix_Dialect, "Family"> {
  let mnemonic = "family";
  let summary = "which member of which family a declared value is";
  let description = [{
    `mix.input "k[2]" {mix.family = #mix.family<"k", 1 of 3>}`: outside, the family `k` is one tensor with an axis of 3
    before the dims, and this is its second member. Read it with `homeOf`.
  }];
  let parameters = (ins "::mlir::StringAttr":$name, "int64_t":$member, "int64_t":$count);
  let assemblyFormat = "`<` $name `,` $member `of` $count `>`";
}

//===-- Mixer and declarations ----------------------------------------------------------------------------------===//

class Mix_Op<string mnemonic, list<Trait> traits = []> : Op<Mix_Dialect, mnemonic, traits>;
class Mix_PureOp<string mnemonic, list<Trait> traits = []> : Mix_Op<mnemonic, !listconcat([Pure], traits)>;

def Mix_MixerOp : Mix_Op<"mixer", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "one mixer: its declarations and the equations of one token";
  let description = [{
    ```mlir
    mix.mixer @retention dims ["K", "V"] {
      %k = mix.input "k" : !mix.t<[K], group>
      %v = mix.input "v" : !mix.t<[V], head>
      %q = mix.input "q" : !mix.t<[K], group>
      %g = mix.param "gamma" in [0.0, 1.0] : !mix.t<[], param>
      %h = mix.state "H" : !mix.t<[V, K], head>
      %o = mix.outer %v, %k : ...
      ...
      mix.next "H", %new : !mix.t<[V, K], head>
      mix.output "y", %y : !mix.t<[V], head>
    }
    ```
    `bindings` (dim -> number) is set by `mix-bind-dims`. `require_chunked` comes from the source's statement.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$dims, OptionalAttr<DictionaryAttr>:$bindings,
                       UnitAttr:$require_chunked);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name `dims` $dims attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    mlir::Block &step() { return getBody().front(); }
  }];
}

class Mix_DeclOp<string mnemonic> : Mix_Op<mnemonic, [HasParent<"MixerOp">,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let results = (outs Mix_T:$result);
}

def Mix_InputOp : Mix_DeclOp<"input"> {
  let summary = "declare an input and give its value at time t";
  let description = [{
    `lo` and `hi` are the promised interval, both or neither. Layout outside: [batch, time, heads, dims...]. An input that
    `mix.lag` reads carries `mix.history = n`: how many tokens back it is remembered, which is the length of its history.
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<F64Attr>:$lo, OptionalAttr<F64Attr>:$hi);
  let assemblyFormat = "$name (`in` ` ` `[` $lo^ `,` $hi `]`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_ParamOp : Mix_DeclOp<"param"> {
  let summary = "declare a param: one value per head (or per group), constant over time";
  let arguments = (ins StrAttr:$name, OptionalAttr<F64Attr>:$lo, OptionalAttr<F64Attr>:$hi, UnitAttr:$per_group);
  let assemblyFormat = "$name (`in` ` ` `[` $lo^ `,` $hi `]`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_StateOp : Mix_DeclOp<"state"> {
  let summary = "declare a state and give its value before the token, H[t-1]";
  let description = [{
    `start` is what it starts from where the caller passes none: a number for every entry (default 0), `identity`, or,
    with `from`, the value of a param.
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<F64Attr>:$start, UnitAttr:$identity_start,
                       OptionalAttr<StrAttr>:$start_param);
  let assemblyFormat = "$name (`start` $start^)? (`from` $start_param^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_NextOp : Mix_Op<"next", [HasParent<"MixerOp">]> {
  let summary = "define a state after the token, H[t]; uses of H[t] use the operand itself";
  let arguments = (ins StrAttr:$name, Mix_T:$value);
  let assemblyFormat = "$name `,` $value attr-dict `:` type($value)";
}

def Mix_OutputOp : Mix_Op<"output", [HasParent<"MixerOp">]> {
  let summary = "define an output at time t";
  let arguments = (ins StrAttr:$name, Mix_T:$value);
  let assemblyFormat = "$name `,` $value attr-dict `:` type($value)";
}

//===-- Values of other times -----------------------------------------------------------------------------------===//

def Mix_LagOp : Mix_PureOp<"lag", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "an input of some tokens ago, x[t-n]";
  let description = [{
    Before the first token it is what the state `x.history` holds ([n, dims...], oldest first, n being the input's
    `mix.history`), 0 where the caller passes none.
  }];
  let arguments = (ins Mix_T:$x, I64Attr:$by);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `by` $by attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Mix_EndOp : Mix_PureOp<"end", [HasParent<"MixerOp">]> {
  let summary = "a state after the last token of the sequence, H[end]; for outputs only";
  let arguments = (ins StrAttr:$name);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

//===-- Tensor ops at one token ---------------------------------------------------------------------------------===//

def Mix_ConstantOp : Mix_PureOp<"constant", [ConstantLike]> {
  let summary = "a number";
  let arguments = (ins F64Attr:$value);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "double":$value)>];
  let hasVerifier = 1;
}

def Mix_DimOp : Mix_PureOp<"dim"> {
  let summary = "a dim as a number: `mix.dim \"1+K\"`";
  let arguments = (ins StrAttr:$dim);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_IdentityOp : Mix_PureOp<"identity"> {
  let summary = "the identity matrix I of the result's size";
  let results = (outs Mix_T:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_FillOp : Mix_PureOp<"fill"> {
  let summary = "a vector or matrix whose every entry is the scalar";
  let arguments = (ins Mix_T:$scalar);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$scalar attr-dict `:` type($scalar) `->` type($result)";
  let hasVerifier = 1;
}

def Mix_UnaryOp : Mix_PureOp<"unary", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "y = f(x) for every entry";
  let arguments = (ins Mix_UnaryKind:$kind, Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($x)";
  let hasFolder = 1;
}

def Mix_BinaryOp : Mix_PureOp<"binary", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "z = f(x, y) for every entry; a scalar meets every entry of the other operand";
  let arguments = (ins Mix_BinaryKind:$kind, Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$kind $x `,` $y attr-dict `:` type($x) `,` type($y)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Mix_SelectOp : Mix_PureOp<"select", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "x where the condition is not 0, y where it is, for every entry; scalars meet every entry";
  let description = [{
    Of the branch that is not taken nothing is left, were it NaN: `%z = mix.select %c, %x, %y : <[], head>, <[K], head>, <[K], head>`.
    The condition has no derivative; each branch has that of the result where it is taken, and 0 elsewhere.
  }];
  let arguments = (ins Mix_T:$condition, Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$condition `,` $x `,` $y attr-dict `:` type($condition) `,` type($x) `,` type($y)";
  let hasFolder = 1;
}

def Mix_TransposeOp : Mix_PureOp<"transpose", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the transpose of a matrix";
  let arguments = (ins Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasFolder = 1;
}

def Mix_ColumnOp : Mix_PureOp<"column", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "column j of a matrix: a vector";
  let description = [{
    `%y = mix.column 2 of %x : <[K, 4], head>` is the third column of `%x`. The normal form takes products over an axis that no state
    has apart into columns.
  }];
  let arguments = (ins I64Attr:$index, Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$index `of` $x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Mix_DiagOp : Mix_PureOp<"diag", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the diagonal matrix of a vector";
  let arguments = (ins Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def Mix_MatmulOp : Mix_PureOp<"matmul", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "matrix times matrix, or matrix times vector";
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_DotOp : Mix_PureOp<"dot", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "u' v of two vectors: a scalar";
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_OuterOp : Mix_PureOp<"outer", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "u v' of two vectors: a matrix";
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_ReduceOp : Mix_PureOp<"reduce", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the sum, or the largest, of all entries: a scalar";
  let arguments = (ins Mix_ReduceKind:$kind, Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($x)";
}

def Mix_ConcatOp : Mix_PureOp<"concat", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "scalars and vectors one below the other: a vector";
  let arguments = (ins Variadic<Mix_T>:$parts);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$parts attr-dict `:` type($parts)";
}

def Mix_SliceOp : Mix_PureOp<"slice"> {
  let summary = "entries from `from` (a dim polynomial, from 0) of a vector; the result's type says how many";
  let arguments = (ins Mix_T:$x, StrAttr:$from);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `from` $from attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Mix_RollOp : Mix_PureOp<"roll", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "y[i] = x[i - shift], indices modulo the length";
  let arguments = (ins Mix_T:$x, I64Attr:$shift);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `by` $shift attr-dict `:` type($x)";
}

def Mix_KronOp : Mix_PureOp<"kron", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the Kronecker product of two vectors: entry i*M + j is x[i] y[j]";
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_ReshapeOp : Mix_PureOp<"reshape"> {
  let summary = "the entries of a vector as a matrix, row by row, or those of a matrix as a vector";
  let arguments = (ins Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

//===-- Normal form ---------------------------------------------------------------------------------------------===//

def Mix_ComponentOp : Mix_Op<"component", [AttrSizedOperandSegments, SingleBlockImplicitTerminator<"YieldOp">, HasParent<"MixerOp">]> {
  let summary = "one component in normal form: reads, writes and transition of states that need each other";
  let description = [{
    For n states S_j, each turned so that reads contract the second axis (its key axis, K_j; V is the value axis, which they share):

        r_i = sum_j S_j p_ij                                  reads of the old states; results 0 .. R-1
        w_m = phi_m(r, inputs)                                write values, the region; results R .. R+M-1
        S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'   transition and writes

    Operand lists are sparse: `read_index[x] = [i, j]` says that `read_dirs[x]` is p_ij; `transition_index[x] = [i, j]` that
    `transition[x]` is a_ij, a scalar or a vector of the key axis, where K_i is K_j; `write_index[x] = [m, i]` that `write_dirs[x]` is u_mi. No entry
    means 0 (for the transition: state i forgets state j). `gate` is e, a vector of the value axis, at most one. A state that `turned`
    names is declared transposed (matrix<K, V>): S_j stands for the declared state's transpose; `turned` alone means all, `turned [1]`
    the second. For vector states (a one-row memory) the value axis is absent:
    reads and write values are scalars. The region's block arguments are the reads; it may use any token-local value from
    above (not the states) and yields the write values. The states' names and declared types are those of the operands `states`, each a `mix.state`.
    p, a, e and u do not depend on this component's results; w may. Everything that reads a state's value after the token has been rewritten in terms
    of reads and write values, so no `mix.next` is left for these states.

    A *late* read is none of the op's: `mix.matmul %H, %x`, of the transpose of `%H` or `mix.dot %z, %x` in the step, on a state of the op.
    It may be taken along a vector that depends on the op's results, or along the value axis; nothing of the op depends on it.

    ```mlir
    %c:2 = mix.component states(%H : <[V, K], head>)
      reads(%k[0, 0] : <[K], group>)
      transition(%alpha[0, 0] : <[], head>)
      gate()
      writes(%k[0, 0] : <[K], group>)
      class <scalar, affine> phi(%r0: !mix.t<[V], head>) {
        %w0 = mix.binary sub %v, %r0 : <[V], head>, <[V], head>
        mix.yield %w0 : !mix.t<[V], head>
      }
    ```
  }];
  let arguments = (ins Variadic<Mix_T>:$states, Variadic<Mix_T>:$read_dirs, Variadic<Mix_T>:$transition,
                       Variadic<Mix_T>:$gate, Variadic<Mix_T>:$write_dirs,
                       DenseI64ArrayAttr:$read_index, DenseI64ArrayAttr:$transition_index, DenseI64ArrayAttr:$write_index,
                       I64Attr:$num_reads, I64Attr:$num_writes,
                       DenseBoolArrayAttr:$turned, OptionalAttr<Mix_ClassAttr>:$class_attr);
  let results = (outs Variadic<Mix_T>:$values);
  let regions = (region SizedRegion<1>:$phi);
  let hasCustomAssemblyFormat = 1;
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    mlir::Value read(unsigned i) { return getValues()[i]; }
    /// Is this state declared as key x value?
    bool isTurned(unsigned state) { return getTurned()[state]; }
    mlir::Value write(unsigned m) { return getValues()[getNumReads() + m]; }
  }];
}

def Mix_YieldOp : Mix_Op<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["ComponentOp"]>]> {
  let summary = "the write values of a component";
  let arguments = (ins Variadic<Mix_T>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{}]>];
}

#endif
