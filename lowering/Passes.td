// The only list of passes. Class = file = flag = test name.
#ifndef MIXC_PASSES
#define MIXC_PASSES

include "mlir/Pass/PassBase.td"

//===-- normalize/: mix -> mix.component ------------------------------------------------------------------------===//

def BuildComponents : Pass<"mix-build-components", "mlir::ModuleOp"> {
  let summary = "rewrite every mixer's states into components in normal form";
  let dependentDialects = ["mixc::mix::MixDialect"];
}

def ClassifyComponents : Pass<"mix-classify-components", "mlir::ModuleOp"> {
  let summary = "find the class of every component: its transition, and how its writes depend on its reads";
  let dependentDialects = ["mixc::mix::MixDialect"];
}

//===-- derive/: mix.component -> tile programs -----------------------------------------------------------------===//

def BindDims : Pass<"mix-bind-dims", "mlir::ModuleOp"> {
  let summary = "bind the symbols of every mixer's dims to numbers";
  let options = [ListOption<"bindings", "bindings", "std::string", "NAME=number, ...">];
  let dependentDialects = ["mixc::mix::MixDialect"];
}

def BuildChunked : Pass<"mix-build-chunked", "mlir::ModuleOp"> {
  let summary = "build the chunk program of every mixer: `tile.kernel @NAME_forward`";
  let options = [Option<"chunk", "chunk", "int64_t", "0", "tokens per chunk; 0: the class's default">];
  let dependentDialects = ["mixc::tile::TileDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}

def BuildRecurrent : Pass<"mix-build-recurrent", "mlir::ModuleOp"> {
  let summary = "build the recurrent program of every mixer: `tile.kernel @NAME_decode`, chunks of one token";
  let dependentDialects = ["mixc::tile::TileDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}

def InferPrecision : Pass<"mix-infer-precision", "mlir::ModuleOp"> {
  let summary = "compute what depends on params alone, and what multiplies carried states, in float64; move what does not change out of the chunk loop";
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def BuildBatched : Pass<"mix-build-batched", "mlir::ModuleOp"> {
  let summary = "build the program of a block of sequences beside every kernel whose states meet a constant matrix token by token";
  let options = [Option<"sequences", "sequences", "int64_t", "8", "in a block; 1: build none">,
                 Option<"all", "all", "bool", "false", "beside every kernel that can have one, worth it or not">];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

//===-- adjoint/: tile programs -> tile programs ----------------------------------------------------------------===//

def BuildBackward : Pass<"mix-build-backward", "mlir::ModuleOp"> {
  let summary = "build the adjoint of every forward program: `tile.kernel @NAME_backward`, and what it needs saved";
  let options = [Option<"chunk", "chunk", "int64_t", "0", "tokens per chunk; 0: chosen">,
                 Option<"keep", "keep", "mixc::Keep", "mixc::Keep::Writes", "what forward saves",
                        [{llvm::cl::values(clEnumValN(mixc::Keep::Writes, "writes", "states, and writes that cost a solve"),
                                           clEnumValN(mixc::Keep::States, "states", "states alone"))}]>];
  let dependentDialects = ["mixc::tile::TileDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect"];
}

//===-- cpu/: tile programs -> vector -> LLVM -------------------------------------------------------------------===//

def PlanCpu : Pass<"mix-plan-cpu", "mlir::ModuleOp"> {
  let summary = "choose stages, panels, layouts and scratch buffers of every kernel for the target";
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "CPU name, or native">];
  let dependentDialects = ["mixc::tile::TileDialect"];
}

def TileToVector : Pass<"mix-tile-to-vector", "mlir::ModuleOp"> {
  let summary = "lower planned kernels to functions over vectors and buffers";
  let dependentDialects = ["mlir::func::FuncDialect", "mlir::scf::SCFDialect", "mlir::vector::VectorDialect",
                           "mlir::memref::MemRefDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect", "mlir::LLVM::LLVMDialect"];
}

def BuildShared : Pass<"mix-build-shared", "mlir::ModuleOp"> {
  let summary = "make one function of loop nests that are alike";
  let options = [Option<"from", "from", "int64_t", "25000", "ops; a mixer of fewer has nothing shared">];
  let dependentDialects = ["mlir::func::FuncDialect", "mlir::LLVM::LLVMDialect"];
}

def LowerMixers : Pass<"mix-lower-mixers", "mlir::ModuleOp"> {
  let summary = "erase the mixers, whose kernels are functions by now";
}

def LowerConversions : Pass<"mix-lower-conversions", "mlir::ModuleOp"> {
  let summary = "replace conversions from and to 16-bit types that the target lacks by integer arithmetic";
  let options = [Option<"cpu", "cpu", "std::string", "\"native\"", "CPU name, or native">];
  let dependentDialects = ["mlir::arith::ArithDialect"];
}

def LowerMath : Pass<"mix-lower-math", "mlir::ModuleOp"> {
  let summary = "replace functions of float32 vectors by polynomials, and of float64 by library calls";
  let dependentDialects = ["mlir::vector::VectorDialect", "mlir::arith::ArithDialect", "mlir::math::MathDialect",
                           "mlir::LLVM::LLVMDialect"];
}

def VectorToLlvm : Pass<"mix-vector-to-llvm", "mlir::ModuleOp"> {
  let summary = "lower functions over vectors and buffers to the LLVM dialect";
  let dependentDialects = ["mlir::LLVM::LLVMDialect"];
}

#endif
