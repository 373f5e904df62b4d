#include "test/unit/emit/Leaky.h"
#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Parser/Parser.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include <cmath>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <random>
#include <sstream>

using namespace mlir;

namespace mixc::test {

static const char *leaky = R"(
mix.mixer @leaky dims ["D"] attributes {bindings = {D = 4 : i64}} {
  %x = mix.input "x" : !mix.t<[D], head>
  %g = mix.input "g" in [0.0, 1.0] : !mix.t<[D], group>
  %a = mix.param "a" in [0.0, 1.0] : !mix.t<[], param>
  %h = mix.state "H" : !mix.t<[D], head>
  %kept = mix.binary mul %a, %h : !mix.t<[], param>, !mix.t<[D], head>
  %added = mix.binary mul %g, %x : !mix.t<[D], group>, !mix.t<[D], head>
  %new = mix.binary add %kept, %added : !mix.t<[D], head>, !mix.t<[D], head>
  mix.next "H", %new : !mix.t<[D], head>
  mix.output "y", %new : !mix.t<[D], head>
  %s = mix.reduce sum %h : !mix.t<[D], head>
  mix.output "z", %s : !mix.t<[], head>
}

// tensors: 0 x, 1 g, 2 a, 3 H before, 4 y, 5 z, 6 H after
func.func private @steps(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr, %before: !llvm.ptr, %after: !llvm.ptr,
                         %y: !llvm.ptr, %yStride: i64, %z: !llvm.ptr, %zStride: i64) {
  %null = llvm.mlir.zero : !llvm.ptr
  %zero = arith.constant dense<0.0> : vector<4xf32>
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %px = llvm.load %tensors : !llvm.ptr -> !llvm.ptr
  %at1 = llvm.getelementptr %tensors[8] : (!llvm.ptr) -> !llvm.ptr, i8
  %pg = llvm.load %at1 : !llvm.ptr -> !llvm.ptr
  %at2 = llvm.getelementptr %tensors[16] : (!llvm.ptr) -> !llvm.ptr, i8
  %pa = llvm.load %at2 : !llvm.ptr -> !llvm.ptr
  %sx = llvm.load %strides : !llvm.ptr -> i64
  %st1 = llvm.getelementptr %strides[8] : (!llvm.ptr) -> !llvm.ptr, i8
  %sg = llvm.load %st1 : !llvm.ptr -> i64
  %as = llvm.load %pa : !llvm.ptr -> f32
  %a = vector.broadcast %as : f32 to vector<4xf32>
  %absent = llvm.icmp "eq" %before, %null : !llvm.ptr
  %start = scf.if %absent -> vector<4xf32> {
    scf.yield %zero : vector<4xf32>
  } else {
    %h = llvm.load %before {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
    scf.yield %h : vector<4xf32>
  }
  llvm.store %start, %scratch {alignment = 64 : i64} : vector<4xf32>, !llvm.ptr
  scf.for %t = %c0 to %length step %c1 : i64 {
    %ox = arith.muli %t, %sx : i64
    %og = arith.muli %t, %sg : i64
    %oy = arith.muli %t, %yStride : i64
    %oz = arith.muli %t, %zStride : i64
    %rx = llvm.getelementptr %px[%ox] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %rg = llvm.getelementptr %pg[%og] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %ry = llvm.getelementptr %y[%oy] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %rz = llvm.getelementptr %z[%oz] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %x = llvm.load %rx {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
    %g = llvm.load %rg {alignment = 4 : i64} : !llvm.ptr -> vector<4xf32>
    %h = llvm.load %scratch {alignment = 64 : i64} : !llvm.ptr -> vector<4xf32>
    %sum = vector.reduction <add>, %h : vector<4xf32> into f32
    llvm.store %sum, %rz : f32, !llvm.ptr
    %u = arith.mulf %x, %g : vector<4xf32>
    %d = arith.mulf %a, %h : vector<4xf32>
    %n = arith.addf %d, %u : vector<4xf32>
    llvm.store %n, %scratch {alignment = 64 : i64} : vector<4xf32>, !llvm.ptr
    llvm.store %n, %ry {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
  }
  %unwanted = llvm.icmp "eq" %after, %null : !llvm.ptr
  scf.if %unwanted {
  } else {
    %h = llvm.load %scratch {alignment = 64 : i64} : !llvm.ptr -> vector<4xf32>
    llvm.store %h, %after {alignment = 4 : i64} : vector<4xf32>, !llvm.ptr
  }
  return
}

func.func @leaky_forward_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr)
    attributes {tile.function = #tile.function<forward of "leaky" (
    input "x" : !tile.tensor<token, [4], f32>,
    input "g" per_group : !tile.tensor<token, [4], f32>,
    param "a" : !tile.tensor<head, [], f32>,
    initial "H" : !tile.tensor<head, [4], f32>,
    output "y" : !tile.tensor<token, [4], f32>,
    output "z" : !tile.tensor<token, [], f32>,
    final "H" : !tile.tensor<head, [4], f32>) scratch 16>} {
  %at3 = llvm.getelementptr %tensors[24] : (!llvm.ptr) -> !llvm.ptr, i8
  %before = llvm.load %at3 : !llvm.ptr -> !llvm.ptr
  %at4 = llvm.getelementptr %tensors[32] : (!llvm.ptr) -> !llvm.ptr, i8
  %y = llvm.load %at4 : !llvm.ptr -> !llvm.ptr
  %at5 = llvm.getelementptr %tensors[40] : (!llvm.ptr) -> !llvm.ptr, i8
  %z = llvm.load %at5 : !llvm.ptr -> !llvm.ptr
  %at6 = llvm.getelementptr %tensors[48] : (!llvm.ptr) -> !llvm.ptr, i8
  %after = llvm.load %at6 : !llvm.ptr -> !llvm.ptr
  %st4 = llvm.getelementptr %strides[32] : (!llvm.ptr) -> !llvm.ptr, i8
  %sy = llvm.load %st4 : !llvm.ptr -> i64
  %st5 = llvm.getelementptr %strides[40] : (!llvm.ptr) -> !llvm.ptr, i8
  %sz = llvm.load %st5 : !llvm.ptr -> i64
  func.call @steps(%tensors, %strides, %length, %scratch, %before, %after, %y, %sy, %z, %sz)
    : (!llvm.ptr, !llvm.ptr, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, !llvm.ptr, i64) -> ()
  return
}

// tensors: 0 x, 1 g, 2 a, 3 z, 4 H, 5 y: not in the order of the struct
func.func @leaky_decode_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr)
    attributes {tile.function = #tile.function<decode of "leaky" (
    input "x" : !tile.tensor<token, [4], f32>,
    input "g" per_group : !tile.tensor<token, [4], f32>,
    param "a" : !tile.tensor<head, [], f32>,
    output "z" : !tile.tensor<token, [], f32>,
    state "H" : !tile.tensor<head, [4], f32>,
    output "y" : !tile.tensor<token, [4], f32>) scratch 16>} {
  %at3 = llvm.getelementptr %tensors[24] : (!llvm.ptr) -> !llvm.ptr, i8
  %z = llvm.load %at3 : !llvm.ptr -> !llvm.ptr
  %at4 = llvm.getelementptr %tensors[32] : (!llvm.ptr) -> !llvm.ptr, i8
  %h = llvm.load %at4 : !llvm.ptr -> !llvm.ptr
  %at5 = llvm.getelementptr %tensors[40] : (!llvm.ptr) -> !llvm.ptr, i8
  %y = llvm.load %at5 : !llvm.ptr -> !llvm.ptr
  %st3 = llvm.getelementptr %strides[24] : (!llvm.ptr) -> !llvm.ptr, i8
  %sz = llvm.load %st3 : !llvm.ptr -> i64
  %st5 = llvm.getelementptr %strides[40] : (!llvm.ptr) -> !llvm.ptr, i8
  %sy = llvm.load %st5 : !llvm.ptr -> i64
  func.call @steps(%tensors, %strides, %length, %scratch, %h, %h, %y, %sy, %z, %sz)
    : (!llvm.ptr, !llvm.ptr, i64, !llvm.ptr, !llvm.ptr, !llvm.ptr, !llvm.ptr, i64, !llvm.ptr, i64) -> ()
  return
}
)";

void registerLeaky(MLIRContext &context) {
  context.loadDialect<mix::MixDialect, tile::TileDialect, arith::ArithDialect, cf::ControlFlowDialect,
                      func::FuncDialect, scf::SCFDialect, vector::VectorDialect, LLVM::LLVMDialect>();
}

OwningOpRef<ModuleOp> parseLeaky(MLIRContext &context) { return parseSourceString<ModuleOp>(leaky, &context); }

bool lowerLeaky(ModuleOp module) {
  for (mix::MixerOp mixer : llvm::make_early_inc_range(module.getOps<mix::MixerOp>()))
    mixer.erase();
  PassManager passes(module.getContext());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  return succeeded(passes.run(module));
}

static LeakyLibrary build() {
  LeakyLibrary library;
  SmallString<128> folder;
  if (llvm::sys::fs::createUniqueDirectory("mixc-emit", folder))
    abort();
  static const std::string made = folder.str().str();
  atexit([] { (void)llvm::sys::fs::remove_directories(made); });
  library.path = (folder + "/libleaky.so").str();
  MLIRContext context;
  registerLeaky(context);
  OwningOpRef<ModuleOp> module = parseLeaky(context);
  if (!module)
    abort();
  library.mixers = llvm::cantFail(readInterfaces(*module));
  if (!lowerLeaky(*module))
    abort();
  llvm::cantFail(emitLibrary(*module, library.mixers, EmitOptions{}, library.path));
  std::ifstream file((folder + "/libleaky.h").str());
  std::stringstream text;
  text << file.rdbuf();
  library.header = text.str();

  library.handle = dlopen(library.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  auto find = [&](auto &function, const char *name) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library.handle, name));
    if (!function)
      abort();
  };
  find(library.forward, "leaky_forward");
  find(library.decode, "leaky_decode");
  find(library.workspaceSize, "leaky_workspace_size");
  find(library.decodeWorkspaceSize, "leaky_decode_workspace_size");
  find(library.savedSize, "leaky_saved_size");
  find(library.describe, "leaky_describe");
  find(library.message, "mix_status_message");
  return library;
}

const LeakyLibrary &LeakyLibrary::get() {
  static const LeakyLibrary library = build();
  return library;
}

Arrays::Arrays(int64_t batch, int64_t time, int64_t heads, int64_t groups, int64_t sequences)
    : batch(batch), time(time), heads(heads), groups(groups), sequences(sequences < 0 ? batch : sequences) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> uniform;
  auto fill = [&](std::vector<float> &array, int64_t size, auto &distribution) {
    array.resize(size);
    for (float &value : array)
      value = distribution(random);
  };
  fill(x, batch * time * heads * 4, normal);
  fill(g, batch * time * groups * 4, uniform);
  fill(a, heads, uniform);
  fill(initial, this->sequences * heads * 4, normal);
  y.assign(batch * time * heads * 4, NAN);
  z.assign(batch * time * heads, NAN);
  final.assign(this->sequences * heads * 4, NAN);
}

ForwardArgs Arrays::forward() {
  ForwardArgs args;
  args.batch = batch, args.time = time, args.heads = heads, args.groups = groups;
  args.x = x.data(), args.g = g.data(), args.a = a.data(), args.H_initial = initial.data();
  args.y = y.data(), args.z = z.data(), args.H_final = final.data();
  workspace.assign(LeakyLibrary::get().workspaceSize(&args) + 4096 * 64,
                   1); // enough for any number of threads that a test sets later
  args.workspace = workspace.data() + 1;
  return args;
}

DecodeArgs Arrays::decode() {
  DecodeArgs args;
  args.batch = batch, args.time = time, args.heads = heads, args.groups = groups;
  args.x = x.data(), args.g = g.data(), args.a = a.data(), args.H = initial.data(), args.y = y.data(),
  args.z = z.data();
  workspace.assign(LeakyLibrary::get().decodeWorkspaceSize(&args) + 4096 * 64, 1);
  args.workspace = workspace.data() + 1;
  return args;
}

bool Arrays::untouched() const {
  auto poisoned = [](const std::vector<float> &array) {
    return llvm::all_of(array, [](float value) { return std::isnan(value); });
  };
  return poisoned(y) && poisoned(z) && poisoned(final) && llvm::all_of(workspace, [](char byte) { return byte == 1; });
}

void Arrays::check(bool useInitial, const std::vector<int64_t> &cu) const {
  for (int64_t s = 0; s < sequences; ++s) {
    const int64_t first = cu.empty() ? s * time : cu[s], last = cu.empty() ? first + time : cu[s + 1];
    for (int64_t h = 0; h < heads; ++h) {
      double state[4];
      for (int i = 0; i < 4; ++i)
        state[i] = useInitial ? initial[(s * heads + h) * 4 + i] : 0;
      for (int64_t row = first; row < last; ++row) {
        ASSERT_NEAR(z[row * heads + h], state[0] + state[1] + state[2] + state[3], 1e-5)
            << "row " << row << " head " << h;
        for (int i = 0; i < 4; ++i) {
          state[i] =
              a[h] * state[i] + double(x[(row * heads + h) * 4 + i]) * g[(row * groups + h / (heads / groups)) * 4 + i];
          ASSERT_NEAR(y[(row * heads + h) * 4 + i], state[i], 1e-5) << "row " << row << " head " << h;
        }
      }
      for (int i = 0; i < 4; ++i)
        ASSERT_NEAR(final[(s * heads + h) * 4 + i], state[i], 1e-5) << "sequence " << s << " head " << h;
    }
  }
}

} // namespace mixc::test
