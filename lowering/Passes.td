// The only list of passes. Class = file = flag = test name.
#ifndef MIXC_PASSES
#define MIXC_PASSES

include "mlir/Pass/PassBase.td"

//===-- normalize/: mix -> mix.component ------------------------------------------------------------------------===//

def BuildComponents : Pass<"mix-build-components", "mlir::ModuleOp"> {
  let summary = "rewrite every mixer's states into components in normal form";
  let description = [{
    Before, in whatever spelling, and after, for each stratum that has a normal form:

        S_t = f(S_{t-1}, inputs)        y_t = g(S_{t-1}, S_t, inputs)

        r_i = sum_j S_j p_ij    w_m = phi_m(r, inputs)    S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi'

    A stratum is states that need each other. Outputs and later updates are over the component's reads and write values.
    There are as few writes as directions. Running it again changes nothing.

    Requires: mixers as the importer leaves them; dims may be symbols, and stay so.

    Guarantees: p, a, e and u are free of the component's own reads. A stratum without a normal form keeps its
    `mix.next`, which says why (`mix.sequential`) and where (`mix.culprit`).
  }];
  let dependentDialects = ["mixc::mix::MixDialect"];
}

def ClassifyComponents : Pass<"mix-classify-components", "mlir::ModuleOp"> {
  let summary = "find the class of every component: its transition, and how its writes depend on its reads";
  let description = [{
    The class is read off the normal form, S_i <- e . (sum_j S_j diag(a_ij)) + sum_m w_m u_mi' with w = phi(r):

        transition   identity    a_ii = 1, nothing else
                     scalar      every a_ij a scalar
                     diagonal    some a_ij a vector of the key axis
        writes       free        phi takes no read
                     affine      w = b - M r, M numbers: one triangle for all value channels
                     channel     affine, a triangle per value channel; so is affine behind a gate on the value axis
                     nonlinear   anything else

    Requires: what `mix-build-components` leaves.

    Guarantees: every component has a class; states outside components that are scans say so (`mix.scan`).
  }];
  let dependentDialects = ["mixc::mix::MixDialect"];
}

//===-- derive/: mix.component -> tile programs -----------------------------------------------------------------===//

def BindDims : Pass<"mix-bind-dims", "mlir::ModuleOp"> {
  let summary = "bind the symbols of every mixer's dims to numbers";
  let description = [{
        !mix.t<[V, 1+K], head>   ->  !mix.t<[64, 17], head>
        mix.dim "K"              ->  mix.constant 16.0
        mix.slice from "1+K"     ->  from "17"

    The numbers come from the option, and where it is silent from the mixer's own `bindings`. A binding that a mixer
    does not have is another's: the driver knows whether any has it.

    Requires: a number for every dim that is used.

    Guarantees: no symbol is left in a type. Declarations keep their dims as written in `mix.axes`, since later passes
    name axes by them: V and K are two axes even if both are 128.
  }];
  let options = [ListOption<"bindings", "bindings", "std::string", "NAME=number, ...">];
  let dependentDialects = ["mixc::mix::MixDialect"];
}

def BuildChunked : Pass<"mix-build-chunked", "mlir::ModuleOp"> {
  let summary = "build the chunk program of every mixer: `tile.kernel @NAME_forward`";
  let description = [{
    With D(s,t] the product of the transitions of tokens s+1 .. t, a chunk of C tokens that starts from S_0 satisfies

        r_t = D(0,t-1] S_0 p_t + sum_{s<t} (p_t' u_s) D(s,t-1] w_s        w_t = phi_t(r_t)
        S_C = D(0,C] S_0 + sum_s D(s,C] w_s u_s'

    Writes that are free of reads make this masked products; affine ones, one triangular solve; any other, substitution
    token by token. Scans and sequential states step through the chunk (`tile.steps`), and then the kernel says why:
    form = "stepped", why = "...".

    Requires: bound dims and classified components.

    Guarantees: one kernel a mixer, which agrees with the equations for every length, rows past the end selected away.
    No division: a decay of exactly 0 is a reset. What a mixer that `require`s chunks cannot have is an error.
  }];
  let options = [Option<"chunk", "chunk", "int64_t", "0", "tokens per chunk; 0: chosen">,
                 Option<"rows", "rows", "int64_t", "mixc::Target().chunkRows", "of a chunk where it is chosen">];
  let dependentDialects = ["mixc::tile::TileDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}

def BuildRecurrent : Pass<"mix-build-recurrent", "mlir::ModuleOp"> {
  let summary = "build the recurrent program of every mixer: `tile.kernel @NAME_decode`, chunks of one token";
  let description = [{
        r = S p      w = phi(r)      S <- e . (S diag(a)) + w u'      y = psi(r, w)

    for one token after the other, S in the caller's memory. Tensors: inputs, params, states, outputs, and the states
    after each token of the call, where the caller wants them.

    Requires: bound dims and classified components.

    Guarantees: a kernel for every mixer but one whose outputs read the end of a state.
  }];
  let dependentDialects = ["mixc::tile::TileDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}

def InferPrecision : Pass<"mix-infer-precision", "mlir::ModuleOp"> {
  let summary = "compute what depends on params alone, and what multiplies carried states, in float64";
  let description = [{
    A constant decay errs in one direction at every token: 1 - 1/500 in float32 is off by 2e-5 after 2,048 tokens. What
    follows from params and constants (and `tile.valid`, which selects it) is a few scalars, [time] or [time, source]
    tiles, so float64 costs nothing:

        %g = load gamma : f32;  %p = recur(select(valid, %g, 1), ...) : f32
          ->  %g = load gamma : f64;  %p = recur(select(valid, %g, 1), ...) : f64;  cast : f32 where float32 meets it

    What a carried state is multiplied by is treated so, too, as two float32 (the product that is carried repeats where
    gates do). Products of n x n transitions of params are steps; they go as a whole.

    Requires: logical kernels, before constants are inlined as float32.

    Guarantees: tiles with a key, value or free axis stay float32; what does not depend on the chunk is outside its
    loop.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def BuildBatched : Pass<"mix-build-batched", "mlir::ModuleOp"> {
  let summary = "build the program of a block of sequences where states meet a constant matrix token by token";
  let description = [{
        U h                 N^2 numbers of U read for N^2 multiplications: one sequence
        U [h_1 ... h_8]     ... for 8 N^2 of them, a matmul: a block of sequences

    Done where a state that steps through the chunk meets a matrix that no token changes (LSTM, GRU, sLSTM) and no state
    is itself a matrix: eight of those would not stay in L1. Axes have names, so the program stays as it is, op by op;
    what is loaded for a sequence gains the axis `seq`, and with it all that is computed from it:

        load, init      + seq, but for params               contract a, b      a [N, M], b [seq, M] -> [seq, N]
        valid           [time] -> [time, seq]               map, reduce, ...   + seq if an operand has it
        steps, chunks   what is carried + seq, and kept past a sequence's end:  S <- select(valid, S', S)

    Requires: logical kernels.

    Guarantees: the kernel for one sequence stays beside the new one, @NAME_8. Where a `solve` has a triangle that
    differs from sequence to sequence there is none.
  }];
  let options = [Option<"sequences", "sequences", "int64_t", "mixc::Target().blockSequences",
                        "in a block; 1: build none">,
                 Option<"all", "all", "bool", "false", "beside every kernel that can have one, worth it or not">];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

//===-- adjoint/: tile programs -> tile programs ----------------------------------------------------------------===//

def BuildBackward : Pass<"mix-build-backward", "mlir::ModuleOp"> {
  let summary = "build the adjoint of every forward program: `tile.kernel @NAME_backward`, and what it needs saved";
  let description = [{
    With L any function of the outputs and the ends of states, G_t = dL/dS_t; op by op the adjoint of the chunk's
    program is that of

        S_t = a_t S_{t-1} + sum_m w_m u_m'      r_i = S_{t-1} p_i
        G_{t-1} = a_t G_t + sum_i r'_i p_i'     w'_m = G_t u_m

    run from the last token to the first. Forward is made to save its states every 128 tokens, and the writes that it
    solved for; a third kernel, @NAME_replay, saves them where the caller kept none.

    Requires: the mixer, and its @NAME_forward as `mix-build-chunked` leaves it.

    Guarantees: @NAME_backward has gradients of all inputs, params and starts, chunked where forward is. Nothing is
    divided by a decay; a cotangent that is exactly 0 stays 0 whatever the slope of a function it meets.
  }];
  let options = [Option<"chunk", "chunk", "int64_t", "0", "tokens per chunk; 0: chosen">,
                 Option<"rows", "rows", "int64_t", "mixc::Target().backwardRows", "of a chunk where it is chosen">,
                 Option<"cheapRows", "cheap-rows", "int64_t", "mixc::Target().cheapBackwardRows",
                        "the same where pairs of tokens are cheap">,
                 Option<"smallState", "small-state", "int64_t", "mixc::Target().smallState",
                        "numbers of a state up to which they are not">,
                 Option<"segment", "segment", "int64_t", "mixc::Target().segmentTokens",
                        "tokens between two states that are saved">,
                 Option<"keep", "keep", "mixc::Keep", "mixc::Keep::Writes", "what forward saves",
                         [{llvm::cl::values(
                           clEnumValN(mixc::Keep::Writes, "writes", "states, and writes that cost a solve"),
                           clEnumValN(mixc::Keep::States, "states", "states alone"))}]>];
  let dependentDialects = ["mixc::tile::TileDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}

//===-- plan/: which loop an op runs in, where its tiles lie; for any target ------------------------------------===//

def BuildCopies : Pass<"mix-build-copies", "mlir::ModuleOp"> {
  let summary = "copy into buffers what is read from memory and lies in none";
  let description = [{
        reduce %c, %c a constant          ->  %m = map (%c) { yield };  reduce %m
        chunks iter(%x), %x used twice    ->  %m = map (%x) { yield };  chunks iter(%m)

    Constants, iotas and masks are worked out where they are used; sums, renames and steps read memory. What a loop
    carries is updated where it starts, so that start must be nobody else's.

    Requires: logical kernels.

    Guarantees: every operand of such an op is a tile in memory, and no mask is one: a vector of bits in memory is no
    array of bits.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def BuildTurned : Pass<"mix-build-turned", "mlir::ModuleOp"> {
  let summary = "build copies of states whose lanes are another axis, for sums over the panel axis";
  let description = [{
        y[t, k] = sum_v x[t, v] S[v, k]        lanes along v, the panel axis

    ends in a sum across lanes for every entry. Of a state, of which it needs every row, a `turned` copy is made first,
    and lanes are summed no more; sums of tokens' rows stay dot products, whole ones. The sums after a copy share it.

    Requires: panels.

    Guarantees: no sum over the panel axis in a loop over chunks reads a state with lanes along it.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def PlanStages : Pass<"mix-plan-stages", "mlir::ModuleOp"> {
  let summary = "schedule ops over the panel axis: what runs once a chunk, and what once a panel";
  let description = [{
    Key-side ops (without the panel axis) run once a chunk, in the even stages; ops over panels in the odd ones, which
    are loops over panels:

        stage(op) = max over operands x of   x key-side:    the even stage at which x is complete
                                             x has panels:  its own odd stage
        and an op over panels runs in an odd stage, one more than the last even stage that it needs.

    A sum over the panel axis is complete only after its loop, one stage later. Loads run in the stage of their first
    use. A map that only starts a contraction's accumulators is fused with it.

    Requires: panels (a kernel may have none: then all of it is stage 0).

    Guarantees: a stage on every op, ops of a loop's body in order of theirs, and `memory` for every tile that needs
    some.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def PlanInPlace : Pass<"mix-plan-in-place", "mlir::ModuleOp"> {
  let summary = "let the new value of a carried tile overwrite the old one";
  let description = [{
        chunks iter(S) { r = f(S);  S' = S + g(r);  yield S' }  ->  S' in place of S

    where nothing reads S after S': an op that reads it entry by entry may do so while it is overwritten. So in loops
    over chunks, and in the body of steps; steps take over a carried tile as a whole.

    Requires: stages.

    Guarantees: a tile in place of another is of its type. What cannot be is copied at the end of the body.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def PlanSlices : Pass<"mix-plan-slices", "mlir::ModuleOp"> {
  let summary = "keep one panel of the tiles that only the loop over panels uses";
  let description = [{
        stage 1:  for panels p { r = S_p q;  y = f(r);  store y }      r, y sliced: of one panel at a time

    if no later stage, no other block and no op on whole tiles uses them. What steps carry stays one panel for the whole
    chunk, and what is in place of it in their body, too.

    Requires: stages; what is in place.

    Guarantees: a sliced tile is read in its own stage alone.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def PlanScratch : Pass<"mix-plan-scratch", "mlir::ModuleOp"> {
  let summary = "place tiles in scratch memory; what is not needed at the same time shares";
  let description = [{
    Tiles of a loop's body, in order of their first use, have the first place that fits:

        from(x) = min { a : [a, a + bytes(x)) meets [from(y), to(y)) for no y with last(y) >= first(x) }

    Ops of an odd stage take turns panel by panel, and count as one position. Tiles with padding share with no one,
    since it is 0, always; loops run one after the other, so their bodies share.

    Requires: stages and layouts.

    Guarantees: every tile has a place, the kernel the number of bytes.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

//===-- cpu/: tile programs -> vector -> LLVM -------------------------------------------------------------------===//

def PlanPanels : Pass<"mix-plan-panels", "mlir::ModuleOp"> {
  let summary = "choose the axis that is cut into panels, and how wide they are, for the target";
  let description = [{
    The panel axis is the value axis of the largest state, S [V, K]; a panel of it stays in L1 while the chunk's reads,
    solve, outputs and update pass over it. With A accumulators and a chunk of C tokens

        lanes along V     width = as many vectors as divide V, at most A / C
        lanes along K     width = as many rows as divide V, at most 16

    Lanes are along V, but of states in the caller's memory (decode touches every entry once), and where steps load
    matrices to meet them.

    Requires: logical kernels.

    Guarantees: every kernel says what it is planned for; without such a state it has no panels.
  }];
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "CPU name, or native">];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def PlanLayouts : Pass<"mix-plan-layouts", "mlir::ModuleOp"> {
  let summary = "order the axes of every tile in memory, and find those that the caller's tensors are";
  let description = [{
    Lanes, the last axis, are along the first of these that a tile has with more than one entry:

        the lane axis of states, the panel axis, the longest of key, value and free axes, source, time, seq

    A turned copy has the panel axis first, the longest of the others last. A state in place, or a matrix of params,
    that lies as the caller's does is the caller's.

    Requires: panels, stages and slices.

    Guarantees: a layout for every tile in memory.
  }];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def TileToVector : Pass<"mix-tile-to-vector", "mlir::ModuleOp"> {
  let summary = "lower planned kernels to functions over vectors and buffers";
  let description = [{
        y = op(x, ...)  ->  for stages, panels, axes of y in its layout:  buffer_y[...] = op(buffer_x[...], ...)

    The function takes the tensors, their strides, the length and scratch. Full chunks run in a loop; the last one, with
    fewer rows, has stores that are masked.

    Requires: planned kernels.

    Guarantees: one function a kernel over `scf`, `vector` and `memref`. What it is (entry, tensors, scratch) stays with
    it as `mix.kernel`.
  }];
  let dependentDialects = ["mlir::func::FuncDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect",
                           "mlir::memref::MemRefDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect",
                           "mlir::LLVM::LLVMDialect"];
}

def BuildShared : Pass<"mix-build-shared", "mlir::ModuleOp"> {
  let summary = "make one function of loop nests that are alike";
  let description = [{
        for i { f(A, i) } ... for i { f(B, i) }  ->  shared(A) ... shared(B)    with shared(x) = for i { f(x, i) }

    Replay is forward without its outputs, backward begins with the chunk's forward, and blocks of a chunk are treated
    alike. Alike means: the same ops on the same types and constants, up to the values that come from outside, which are
    the arguments.

    Requires: functions over vectors and buffers.

    Guarantees: nests of few ops or few iterations stay, where the call would count; so does a mixer of fewer than
    `from` ops, which compiles quickly as it is.
  }];
  let options = [Option<"from", "from", "int64_t", "mixc::Target().sharedOps",
                        "ops; a mixer of fewer has nothing shared">];
  let dependentDialects = ["mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect"];
}

def LowerMixers : Pass<"mix-lower-mixers", "mlir::ModuleOp"> {
  let summary = "erase the mixers, whose kernels are functions by now";
  let description = [{
        mixer, functions  ->  functions

    Equations have no machine code of their own; what entry points need of them was read at stage `vector`.

    Requires: kernels that are functions by now.

    Guarantees: no op of the mix dialect is left.
  }];
}

def LowerConversions : Pass<"mix-lower-conversions", "mlir::ModuleOp"> {
  let summary = "replace conversions from and to 16-bit types that the target lacks by integer arithmetic";
  let description = [{
    With x the 32 bits of a float32, h the 16 bits of the other:

        bf16 -> f32     x = h << 16
        f32 -> bf16     h = (x + 0x7fff + (x >> 16 & 1)) >> 16: to nearest, ties to even; NaNs are made quiet
        f16 -> f32      exponent 0:  m 2^-24, by converting m: as a float32 it would be a denormal, and flushed
                        exponent 31: x = h << 13 | 0x7f800000      else: x = (h << 13) + (112 << 23)
        f32 -> f16      |x| < 2^-14: the last bits of |x| + 0.5, which the addition rounds
                        else (x - (112 << 23) + 0xfff + (x >> 13 & 1)) >> 13, at most infinity; NaN is 0x7e00

    bf16 always, since the instruction that exists (AVX512-BF16) reads denormals as 0; f16 where there is no F16C.

    Requires: conversions of scalars and vectors.

    Guarantees: no library call is left of them.
  }];
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "CPU name, or native">];
  let dependentDialects = ["mlir::arith::ArithDialect"];
}

def LowerMath : Pass<"mix-lower-math", "mlir::ModuleOp"> {
  let summary = "replace functions of float32 vectors by polynomials, and of float64 by library calls";
  let description = [{
        x^y = exp(y log|x|), with the sign of an odd whole y where x < 0; 0^0 = 1
        e^x - 1 = 2^n (e^r - 1) + (2^n - 1), x = n ln 2 + r
        sin(x), cos(x) = +- sin(r) or +- cos(r), |x| = k pi/2 + r, |r| <= pi/4

    Float32 vectors, and those float64 vectors that gates have. Any other float64 stays with the intrinsics, which
    become calls of the C library: it is used for values of params alone, once a call.

    Requires: functions over vectors.

    Guarantees: errors of 1 to 4 units in the last place over all of float32; where one rounding would lose every digit
    near 0, none is lost.
  }];
  let dependentDialects = ["mlir::vector::VectorDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect",
                           "mlir::LLVM::LLVMDialect"];
}

def VectorToLlvm : Pass<"mix-vector-to-llvm", "mlir::ModuleOp"> {
  let summary = "lower functions over vectors and buffers to the LLVM dialect";
  let description = [{
        index -> i64        memref -> pointer, offset, strides        vector ops -> LLVM's

    One conversion for all dialects: each op is visited once, and a value changes its type in one step.

    Requires: control flow as branches (`convert-scf-to-cf`).

    Guarantees: the LLVM dialect alone. A buffer is a bare pointer to a caller, and no descriptor and no cast between
    dialects is left inside.
  }];
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

#endif
