// The mix dialect: what the user said, as equations over one token. Dims are symbols; nothing here knows a size.
#ifndef MIX_OPS
#define MIX_OPS

include "MixTensorOps.td"
include "MixTypes.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

//===-- Mixer and declarations ----------------------------------------------------------------------------------===//

def Mix_MixerOp : Mix_Op<"mixer", [IsolatedFromAbove, Symbol, SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "one mixer: its declarations and the equations of one token";
  let description = [{
    Of the values of token t and the states after token t-1 it makes the states after token t and the outputs:

        S_t = f(S_{t-1}, x_t)        y_t = g(S_{t-1}, S_t, x_t)

    `dims` are the symbols of all shapes. `bindings` (dim -> number) is set by `mix-bind-dims`. `require_chunked` comes
    from the source's statement. Every state has exactly one `mix.next`; every name means one thing.

    ```mlir
    mix.mixer @retention dims ["K", "V"] {
      %k = mix.input "k" : <[K], group>
      %v = mix.input "v" : <[V], head>
      %q = mix.input "q" : <[K], group>
      %g = mix.param "gamma" in [0.0, 1.0] : <[], param>
      %H = mix.state "H" : <[V, K], head>
      %kept = mix.binary mul %g, %H : <[], param>, <[V, K], head>
      %vk = mix.outer %v, %k : <[V], head>, <[K], group>
      %new = mix.binary add %kept, %vk : <[V, K], head>, <[V, K], head>
      %y = mix.matmul %new, %q : <[V, K], head>, <[K], group>
      mix.next "H", %new : <[V, K], head>
      mix.output "y", %y : <[V], head>
    }
    ```
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
        %x = x_t

    `lo` and `hi` are the promised interval, both or neither. Layout outside: [batch, time, heads, dims...]. An input
    that `mix.lag` reads carries `mix.history = n`: how many tokens back it is remembered, which is the length of its
    history.

    ```mlir
    mix.mixer @inputs dims ["K"] {
      %x = mix.input "x" {mix.history = 3} : <[K], head>
      %a = mix.input "a" in [0.0, 1.0] : <[], group>
      mix.output "y", %x : <[K], head>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<F64Attr>:$lo, OptionalAttr<F64Attr>:$hi);
  let assemblyFormat = "$name (`in` ` ` `[` $lo^ `,` $hi `]`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_ParamOp : Mix_DeclOp<"param"> {
  let summary = "declare a param: one value per head (or per group), constant over time";
  let description = [{
        %p = p        the same at every token

    `lo` and `hi` are the promised interval, both or neither. Of rate `param`; with `per_group`, where the heads of a
    group share the value, of rate `group_param`.

    ```mlir
    mix.mixer @params dims ["K"] {
      %g = mix.param "gamma" in [0.0, 1.0] : <[], param>
      %u = mix.param "u" {per_group} : <[K], group_param>
      %x = mix.input "x" : <[K], head>
      mix.output "y", %x : <[K], head>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<F64Attr>:$lo, OptionalAttr<F64Attr>:$hi, UnitAttr:$per_group);
  let assemblyFormat = "$name (`in` ` ` `[` $lo^ `,` $hi `]`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_StateOp : Mix_DeclOp<"state"> {
  let summary = "declare a state and give its value before the token, H[t-1]";
  let description = [{
        %H = H_{t-1}

    Before the first token it is what the caller passes. Where he passes none it is `start`, a number for every entry
    (default 0), `identity_start`, the identity matrix, or, with `from`, the value of a param of its shape.

    ```mlir
    mix.mixer @states dims ["K"] {
      %W = mix.param "W" : <[K, K], param>
      %m = mix.state "m" start -1.0 : <[], head>
      %I = mix.state "I" {identity_start} : <[K, K], head>
      %H = mix.state "H" from "W" : <[K, K], head>
      mix.next "m", %m : <[], head>
      mix.next "I", %I : <[K, K], head>
      mix.next "H", %H : <[K, K], head>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, OptionalAttr<F64Attr>:$start, UnitAttr:$identity_start,
                       OptionalAttr<StrAttr>:$start_param);
  let assemblyFormat = "$name (`start` $start^)? (`from` $start_param^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Mix_NextOp : Mix_Op<"next", [HasParent<"MixerOp">]> {
  let summary = "define a state after the token, H[t]; uses of H[t] use the operand itself";
  let description = [{
        H_t = value

    One for each state that no component holds. The value has the state's shape and changes no faster than it.

    ```mlir
    mix.mixer @sum dims ["K"] {
      %x = mix.input "x" : <[K], head>
      %H = mix.state "H" : <[K], head>
      %new = mix.binary add %H, %x : <[K], head>, <[K], head>
      mix.next "H", %new : <[K], head>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, Mix_T:$value);
  let assemblyFormat = "$name `,` $value attr-dict `:` type($value)";
}

def Mix_OutputOp : Mix_Op<"output", [HasParent<"MixerOp">]> {
  let summary = "define an output at time t";
  let description = [{
        y_t = value

    Layout outside: [batch, time, heads, dims...].

    ```mlir
    mix.mixer @echo dims ["K"] {
      %x = mix.input "x" : <[K], head>
      mix.output "y", %x : <[K], head>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name, Mix_T:$value);
  let assemblyFormat = "$name `,` $value attr-dict `:` type($value)";
}

//===-- Values of other times -----------------------------------------------------------------------------------===//

def Mix_LagOp : Mix_PureOp<"lag", [DeclareOpInterfaceMethods<InferTypeOpInterface>]> {
  let summary = "an input of some tokens ago, x[t-n]";
  let description = [{
        x_{t-n}        n = `by`, at least 1

    Before the first token it is what the state `x.history` holds ([n, dims...], oldest first, n being the input's
    `mix.history`), 0 where the caller passes none.

    ```mlir
    mix.mixer @shift dims ["K"] {
      %x = mix.input "x" {mix.history = 2} : <[K], head>
      %before = mix.lag %x by 2 : <[K], head>
      mix.output "y", %before : <[K], head>
    }
    ```
  }];
  let arguments = (ins Mix_T:$x, I64Attr:$by);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$x `by` $by attr-dict `:` type($x)";
  let hasVerifier = 1;
}

def Mix_EndOp : Mix_PureOp<"end", [HasParent<"MixerOp">]> {
  let summary = "a state after the last token of the sequence, H[end]; for outputs only";
  let description = [{
        H_T        T the last token of the sequence

    It has the type of the state, which is declared above. No update of a state may need it.

    ```mlir
    mix.mixer @whole dims ["K"] {
      %x = mix.input "x" : <[K], head>
      %H = mix.state "H" : <[K], head>
      %new = mix.binary add %H, %x : <[K], head>, <[K], head>
      mix.next "H", %new : <[K], head>
      %sum = mix.end "H" : <[K], head>
      mix.output "y", %sum : <[K], head>
    }
    ```
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Mix_T:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

//===-- Normal form ---------------------------------------------------------------------------------------------===//

def Mix_ComponentOp : Mix_Op<"component", [AttrSizedOperandSegments, SingleBlockImplicitTerminator<"YieldOp">,
                                           HasParent<"MixerOp">]> {
  let summary = "one component in normal form: reads, writes and transition of states that need each other";
  let description = [{
    For n states S_j, each turned so that reads contract the second axis (its key axis, K_j; V is the value axis, which
    they share):

        r_i = sum_j S_j p_ij                                  reads of the old states; results 0 .. R-1
        w_m = phi_m(r, inputs)                                write values, the region; results R .. R+M-1
        S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'   transition and writes

    Operand lists are sparse: `read_index[x] = [i, j]` says that `read_dirs[x]` is p_ij; `transition_index[x] = [i, j]`
    that `transition[x]` is a_ij, a scalar or a vector of the key axis, where K_i is K_j; `write_index[x] = [m, i]` that
    `write_dirs[x]` is u_mi. No entry means 0 (for the transition: state i forgets state j). `gate` is e, a vector of
    the value axis, at most one. A state that `turned` names is declared transposed (matrix<K, V>): S_j stands for the
    declared state's transpose; `turned` alone means all, `turned [1]` the second. For vector states (a one-row memory)
    the value axis is absent: reads and write values are scalars. The region's block arguments are the reads; it may use
    any token-local value from above (not the states) and yields the write values. The states' names and declared types
    are those of the operands `states`, each a `mix.state`. p, a, e and u do not depend on this component's results; w
    may. Everything that reads a state's value after the token has been rewritten in terms of reads and write values, so
    no `mix.next` is left for these states.

    A *late* read is none of the op's: `mix.matmul %H, %x`, of the transpose of `%H` or `mix.dot %z, %x` in the step, on
    a state of the op. It may be taken along a vector that depends on the op's results, or along the value axis; nothing
    of the op depends on it.

    ```mlir
    mix.mixer @gated_delta dims ["K", "V"] {
      %k = mix.input "k" : <[K], group>
      %v = mix.input "v" : <[V], head>
      %alpha = mix.input "alpha" in [0.0, 1.0] : <[], head>
      %H = mix.state "H" : <[V, K], head>
      %c:2 = mix.component states(%H : <[V, K], head>)
        reads(%k[0, 0] : <[K], group>)
        transition(%alpha[0, 0] : <[], head>)
        gate()
        writes(%k[0, 0] : <[K], group>)
        class <scalar, affine> phi(%r0: !mix.t<[V], head>) {
          %w0 = mix.binary sub %v, %r0 : <[V], head>, <[V], head>
          mix.yield %w0 : !mix.t<[V], head>
        }
      mix.output "y", %c#0 : <[V], head>
    }
    ```
  }];
  let arguments = (ins Variadic<Mix_T>:$states, Variadic<Mix_T>:$read_dirs, Variadic<Mix_T>:$transition,
                       Variadic<Mix_T>:$gate, Variadic<Mix_T>:$write_dirs,
                       DenseI64ArrayAttr:$read_index, DenseI64ArrayAttr:$transition_index,
                       DenseI64ArrayAttr:$write_index,
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
  let description = [{
        w_m = values[m]

    The terminator of phi: one value for each write, at its type. Example: `mix.component`.
  }];
  let arguments = (ins Variadic<Mix_T>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
  let builders = [OpBuilder<(ins), [{}]>];
}

#endif
