// The pure ops of the mix dialect: tensors at one token.
#ifndef MIX_TENSOR_OPS
#define MIX_TENSOR_OPS

include "MixTypes.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Mix_ConstantOp : Mix_PureOp<"constant", [ConstantLike]> {
  let summary = "a number";
  let description = [{
        y = value

    A scalar of rate `constant`; `value` may be infinite or no number.

    ```mlir
    func.func @constant() -> !mix.t<[], constant> {
      %y = mix.constant 0.5 : <[], constant>
      return %y : !mix.t<[], constant>
    }
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
  let builders = [OpBuilder<(ins "double":$value)>];
  let hasVerifier = 1;
}

def Mix_DimOp : Mix_PureOp<"dim"> {
  let summary = "a dim as a number: `mix.dim \"1+K\"`";
  let description = [{
        y = the number that the dim is bound to

    `dim` is a polynomial over the mixer's symbols, in any spelling. `mix-bind-dims` makes a `mix.constant` of it.

    ```mlir
    func.func @dim() -> !mix.t<[], constant> {
      %y = mix.dim "1+K" : <[], constant>
      return %y : !mix.t<[], constant>
    }
    ```
  }];
  let arguments = (ins StrAttr:$dim);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_IdentityOp : Mix_PureOp<"identity"> {
  let summary = "the identity matrix I of the result's size";
  let description = [{
        y_ij = 1 where i = j, else 0

    The result is square, of rate `constant`.

    ```mlir
    func.func @identity() -> !mix.t<[K, K], constant> {
      %y = mix.identity : <[K, K], constant>
      return %y : !mix.t<[K, K], constant>
    }
    ```
  }];
  let results = (outs Mix_T:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_FillOp : Mix_PureOp<"fill"> {
  let summary = "a vector or matrix whose every entry is the scalar";
  let description = [{
        y_i = s, y_ij = s

    The result has the scalar's rate.

    ```mlir
    func.func @fill(%s: !mix.t<[], head>) -> !mix.t<[V, K], head> {
      %y = mix.fill %s : <[], head> -> <[V, K], head>
      return %y : !mix.t<[V, K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$scalar);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$scalar attr-dict `:` type($scalar) `->` type($result)";
  let hasVerifier = 1;
}

def Mix_UnaryOp : Mix_PureOp<"unary", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "y = f(x) for every entry";
  let description = [{
        y_i = f(x_i)

    `kind` is f. `not` is of a condition; `stop` is x itself, without a derivative. The kinds and their derivatives:
    [language](language.md).

    ```mlir
    func.func @unary(%x: !mix.t<[K], head>) -> !mix.t<[K], head> {
      %y = mix.unary softplus %x : <[K], head>
      return %y : !mix.t<[K], head>
    }
    ```
  }];
  let arguments = (ins Mix_UnaryKind:$kind, Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($x)";
  let hasFolder = 1;
}

def Mix_BinaryOp : Mix_PureOp<"binary", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "z = f(x, y) for every entry; a scalar meets every entry of the other operand";
  let description = [{
        z_i = f(x_i, y_i)

    Shapes agree, or one operand is a scalar; the result's rate is the faster one. Comparisons are 1 where they hold, 0
    where not; with NaN `not_equal` alone holds.

    ```mlir
    func.func @binary(%a: !mix.t<[], param>, %x: !mix.t<[K], head>) -> !mix.t<[K], head> {
      %y = mix.binary mul %a, %x : <[], param>, <[K], head>
      return %y : !mix.t<[K], head>
    }
    ```
  }];
  let arguments = (ins Mix_BinaryKind:$kind, Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$kind $x `,` $y attr-dict `:` type($x) `,` type($y)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Mix_SelectOp : Mix_PureOp<"select", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "x where the condition is not 0, y where it is, for every entry; scalars meet every entry";
  let description = [{
        z_i = x_i where c_i is not 0, else y_i

    Shapes agree, or are scalars. Of the branch that is not taken nothing is left, were it NaN. The condition has no
    derivative; each branch has that of the result where it is taken, and 0 elsewhere.

    ```mlir
    func.func @select(%c: !mix.t<[], head>, %a: !mix.t<[], head>, %b: !mix.t<[K], head>) -> !mix.t<[K], head> {
      %y = mix.select %c, %a, %b : <[], head>, <[], head>, <[K], head>
      return %y : !mix.t<[K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$condition, Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$condition `,` $x `,` $y attr-dict `:` type($condition) `,` type($x) `,` type($y)";
  let hasFolder = 1;
}

def Mix_TransposeOp : Mix_PureOp<"transpose", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the transpose of a matrix";
  let description = [{
        y_ij = x_ji

    Of a matrix alone: a vector stands on either side as it is.

    ```mlir
    func.func @transpose(%x: !mix.t<[V, K], head>) -> !mix.t<[K, V], head> {
      %y = mix.transpose %x : <[V, K], head>
      return %y : !mix.t<[K, V], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasFolder = 1;
}

def Mix_ColumnOp : Mix_PureOp<"column", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "column j of a matrix: a vector";
  let description = [{
        y_i = x_ij        j = `index`, from 0

    The normal form takes products over an axis that no state has apart into columns.

    ```mlir
    func.func @column(%x: !mix.t<[K, 4], head>) -> !mix.t<[K], head> {
      %y = mix.column 2 of %x : <[K, 4], head>
      return %y : !mix.t<[K], head>
    }
    ```
  }];
  let arguments = (ins I64Attr:$index, Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$index `of` $x attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Mix_DiagOp : Mix_PureOp<"diag", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the diagonal matrix of a vector";
  let description = [{
        y_ij = x_i where i = j, else 0

    A gate along an axis of a state is a product with such a matrix.

    ```mlir
    func.func @diag(%x: !mix.t<[K], head>) -> !mix.t<[K, K], head> {
      %y = mix.diag %x : <[K], head>
      return %y : !mix.t<[K, K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x)";
}

def Mix_MatmulOp : Mix_PureOp<"matmul", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "matrix times matrix, or matrix times vector";
  let description = [{
        z_ij = sum_k x_ik y_kj        z_i = sum_k x_ik y_k

    A matrix times a matrix, or times a vector; the inner dims agree.

    ```mlir
    func.func @matmul(%S: !mix.t<[V, K], head>, %q: !mix.t<[K], group>) -> !mix.t<[V], head> {
      %y = mix.matmul %S, %q : <[V, K], head>, <[K], group>
      return %y : !mix.t<[V], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_DotOp : Mix_PureOp<"dot", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "u' v of two vectors: a scalar";
  let description = [{
        z = sum_i u_i v_i

    Two vectors of one length.

    ```mlir
    func.func @dot(%u: !mix.t<[K], head>, %v: !mix.t<[K], group>) -> !mix.t<[], head> {
      %y = mix.dot %u, %v : <[K], head>, <[K], group>
      return %y : !mix.t<[], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_OuterOp : Mix_PureOp<"outer", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "u v' of two vectors: a matrix";
  let description = [{
        z_ij = u_i v_j

    Two vectors; what a memory writes.

    ```mlir
    func.func @outer(%v: !mix.t<[V], head>, %k: !mix.t<[K], group>) -> !mix.t<[V, K], head> {
      %y = mix.outer %v, %k : <[V], head>, <[K], group>
      return %y : !mix.t<[V, K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_ReduceOp : Mix_PureOp<"reduce", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the sum, or the largest, of all entries: a scalar";
  let description = [{
        y = sum_i x_i        y = max_i x_i

    `kind` is `sum` or `max`; of a matrix, over all of its entries.

    ```mlir
    func.func @reduce(%x: !mix.t<[V, K], head>) -> !mix.t<[], head> {
      %y = mix.reduce max %x : <[V, K], head>
      return %y : !mix.t<[], head>
    }
    ```
  }];
  let arguments = (ins Mix_ReduceKind:$kind, Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$kind $x attr-dict `:` type($x)";
}

def Mix_ConcatOp : Mix_PureOp<"concat", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "scalars and vectors one below the other: a vector";
  let description = [{
        y = [x_1; x_2; ...]

    At least one part, none a matrix; the result is as long as they are together.

    ```mlir
    func.func @concat(%a: !mix.t<[], head>, %x: !mix.t<[K], head>) -> !mix.t<[1+K], head> {
      %y = mix.concat %a, %x : !mix.t<[], head>, !mix.t<[K], head>
      return %y : !mix.t<[1+K], head>
    }
    ```
  }];
  let arguments = (ins Variadic<Mix_T>:$parts);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$parts attr-dict `:` type($parts)";
}

def Mix_SliceOp : Mix_PureOp<"slice"> {
  let summary = "entries from `from` (a dim polynomial, from 0) of a vector; the result's type says how many";
  let description = [{
        y_i = x_{from + i}

    The entries exist, as far as symbols can say.

    ```mlir
    func.func @slice(%x: !mix.t<[1+K], head>) -> !mix.t<[K], head> {
      %y = mix.slice %x from "1" : <[1+K], head> -> <[K], head>
      return %y : !mix.t<[K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, StrAttr:$from);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `from` $from attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def Mix_RollOp : Mix_PureOp<"roll", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "y[i] = x[i - shift], indices modulo the length";
  let description = [{
        y_i = x_{(i - shift) mod K}

    Of a vector; `shift` may be negative.

    ```mlir
    func.func @roll(%x: !mix.t<[K], head>) -> !mix.t<[K], head> {
      %y = mix.roll %x by -1 : <[K], head>
      return %y : !mix.t<[K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, I64Attr:$shift);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `by` $shift attr-dict `:` type($x)";
}

def Mix_KronOp : Mix_PureOp<"kron", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "the Kronecker product of two vectors: entry i*M + j is x[i] y[j]";
  let description = [{
        z_{i M + j} = u_i v_j        M the length of v

    Two vectors: `mix.outer`, row by row, as a vector.

    ```mlir
    func.func @kron(%u: !mix.t<[K], head>, %v: !mix.t<[M], head>) -> !mix.t<[K*M], head> {
      %y = mix.kron %u, %v : <[K], head>, <[M], head>
      return %y : !mix.t<[K*M], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, Mix_T:$y);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($x) `,` type($y)";
}

def Mix_ReshapeOp : Mix_PureOp<"reshape"> {
  let summary = "the entries of a vector as a matrix, row by row, or those of a matrix as a vector";
  let description = [{
        y_ij = x_{i M + j}        or back

    As many entries before as after.

    ```mlir
    func.func @reshape(%x: !mix.t<[K*M], head>) -> !mix.t<[K, M], head> {
      %y = mix.reshape %x : <[K*M], head> -> <[K, M], head>
      return %y : !mix.t<[K, M], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

#endif
