// What values of the mix dialect are: types, rates, kinds and classes.
#ifndef MIX_TYPES
#define MIX_TYPES

include "mlir/IR/OpBase.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Mix_Dialect : Dialect {
  let name = "mix";
  let cppNamespace = "::mixc::mix";
  let summary = "sequence mixers as equations over one token";
  let description = [{
    One `mix.mixer` holds the equations of one mixer: declarations (`mix.input`, `mix.param`, `mix.state`), tensor ops
    at time t, and what they define (`mix.next` for a state after the token, `mix.output`). All values are of type
    `!mix.t`, whose dims are polynomials over the mixer's symbols. Vectors are columns; a row is the vector itself, and
    the op that uses it (`mix.dot`, `mix.outer`, `mix.matmul` of a transpose) says which side it stands on.
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
    rational coefficients in canonical text (see Dim.h), so equal dims are equal types. The rate says whether the value
    changes per token and head, per token and group of heads, per head alone, or never. Syntax: `!mix.t<[K], head>`,
    scalars `!mix.t<[], head>`.
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
    gate on the value axis if `valueGate`, `n` states mixed if the component has several, and how writes depend on
    reads.
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

//===-- Ops -----------------------------------------------------------------------------------------------------===//

class Mix_Op<string mnemonic, list<Trait> traits = []> : Op<Mix_Dialect, mnemonic, traits>;
class Mix_PureOp<string mnemonic, list<Trait> traits = []> : Mix_Op<mnemonic, !listconcat([Pure], traits)>;

#endif
