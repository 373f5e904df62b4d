// A library with a backward entry, from kernels written by hand:
//
//     H[t] = a H[t-1] + g x[1] x[2]        y[t] = H[t]
//
// scalars all: x a family, g per group, a a param; u is declared and read by nobody. Forward saves H[t-1].
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Parser/Parser.h"
#include "test/unit/emit/Leaky.h"
#include "test/unit/emit/Tools.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <cmath>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <random>

using namespace mixc;
using namespace mixc::test;

namespace {

constexpr const char *fade = R"(
mix.mixer @fade dims [] {
  %x1 = mix.input "x[1]" {mix.family = #mix.family<"x", 0 of 2>} : !mix.t<[], head>
  %x2 = mix.input "x[2]" {mix.family = #mix.family<"x", 1 of 2>} : !mix.t<[], head>
  %g = mix.input "g" in [0.0, 1.0] : !mix.t<[], group>
  %u = mix.input "u" : !mix.t<[], head>
  %a = mix.param "a" in [0.0, 1.0] : !mix.t<[], param>
  %h = mix.state "H" : !mix.t<[], head>
  %kept = mix.binary mul %a, %h : !mix.t<[], param>, !mix.t<[], head>
  %x = mix.binary mul %x1, %x2 : !mix.t<[], head>, !mix.t<[], head>
  %added = mix.binary mul %g, %x : !mix.t<[], group>, !mix.t<[], head>
  %new = mix.binary add %kept, %added : !mix.t<[], head>, !mix.t<[], head>
  mix.next "H", %new : !mix.t<[], head>
  mix.output "y", %new : !mix.t<[], head>
}

func.func private @tensor(%tensors: !llvm.ptr, %i: i64) -> !llvm.ptr {
  %at = llvm.getelementptr %tensors[%i] : (!llvm.ptr, i64) -> !llvm.ptr, !llvm.ptr
  %tensor = llvm.load %at : !llvm.ptr -> !llvm.ptr
  return %tensor : !llvm.ptr
}
func.func private @read(%tensors: !llvm.ptr, %strides: !llvm.ptr, %i: i64, %t: i64) -> f32 {
  %null = llvm.mlir.zero : !llvm.ptr
  %zero = arith.constant 0.0 : f32
  %tensor = func.call @tensor(%tensors, %i) : (!llvm.ptr, i64) -> !llvm.ptr
  %absent = llvm.icmp "eq" %tensor, %null : !llvm.ptr
  %number = scf.if %absent -> f32 {
    scf.yield %zero : f32
  } else {
    %at = llvm.getelementptr %strides[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    %stride = llvm.load %at : !llvm.ptr -> i64
    %offset = arith.muli %t, %stride : i64
    %place = llvm.getelementptr %tensor[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %found = llvm.load %place : !llvm.ptr -> f32
    scf.yield %found : f32
  }
  return %number : f32
}
func.func private @write(%tensors: !llvm.ptr, %strides: !llvm.ptr, %i: i64, %t: i64, %number: f32) {
  %null = llvm.mlir.zero : !llvm.ptr
  %tensor = func.call @tensor(%tensors, %i) : (!llvm.ptr, i64) -> !llvm.ptr
  %absent = llvm.icmp "eq" %tensor, %null : !llvm.ptr
  scf.if %absent {
  } else {
    %at = llvm.getelementptr %strides[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    %stride = llvm.load %at : !llvm.ptr -> i64
    %offset = arith.muli %t, %stride : i64
    %place = llvm.getelementptr %tensor[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    llvm.store %number, %place : f32, !llvm.ptr
  }
  return
}

// tensors: 0 x[1], 1 x[2], 2 g, 3 a, 4 H before; saved, y and H after are counted as they are given
func.func private @steps(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %saved: i64, %y: i64, %after: i64, %writes: i1) {
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %c3 = arith.constant 3 : i64
  %c4 = arith.constant 4 : i64
  %a = func.call @read(%tensors, %strides, %c3, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %start = func.call @read(%tensors, %strides, %c4, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %end = scf.for %t = %c0 to %length step %c1 iter_args(%h = %start) -> f32 : i64 {
    func.call @write(%tensors, %strides, %saved, %t, %h) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    %x1 = func.call @read(%tensors, %strides, %c0, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x2 = func.call @read(%tensors, %strides, %c1, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %g = func.call @read(%tensors, %strides, %c2, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x = arith.mulf %x1, %x2 : f32
    %u = arith.mulf %g, %x : f32
    %d = arith.mulf %a, %h : f32
    %n = arith.addf %d, %u : f32
    scf.if %writes {
      func.call @write(%tensors, %strides, %y, %t, %n) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    }
    scf.yield %n : f32
  }
  scf.if %writes {
    func.call @write(%tensors, %strides, %after, %c0, %end) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
  }
  return
}

func.func @fade_forward_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr) attributes {mix.kernel = {
    mixer = "fade", entry = "forward", names = ["x[1]", "x[2]", "g", "a", "H", "y", "H", "saved.0"],
    roles = ["input", "input", "input", "param", "initial", "output", "final", "saved"], scratch = 0 : i64,
    saved = [{per = "token", elements = 1 : i64, every = 128 : i64}]}} {
  %saved = arith.constant 7 : i64
  %y = arith.constant 5 : i64
  %after = arith.constant 6 : i64
  %writes = arith.constant true
  func.call @steps(%tensors, %strides, %length, %saved, %y, %after, %writes) : (!llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i1) -> ()
  return
}

func.func @fade_replay_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr) attributes {mix.kernel = {
    mixer = "fade", entry = "replay", names = ["x[1]", "x[2]", "g", "a", "H", "saved.0"],
    roles = ["input", "input", "input", "param", "initial", "saved"], scratch = 0 : i64,
    saved = [{per = "token", elements = 1 : i64, every = 128 : i64}]}} {
  %saved = arith.constant 5 : i64
  %writes = arith.constant false
  func.call @steps(%tensors, %strides, %length, %saved, %saved, %saved, %writes) : (!llvm.ptr, !llvm.ptr, i64, i64, i64, i64, i1) -> ()
  return
}

func.func @fade_backward_kernel(%tensors: !llvm.ptr, %strides: !llvm.ptr, %length: i64, %scratch: !llvm.ptr) attributes {mix.kernel = {
    mixer = "fade", entry = "backward",
    names = ["x[1]", "x[2]", "g", "a", "saved.0", "y", "H", "x[1]", "x[2]", "g", "a", "H"],
    roles = ["input", "input", "input", "param", "saved", "output_grad", "final_grad",
             "input_grad", "input_grad", "input_grad", "param_grad", "initial_grad"], scratch = 0 : i64,
    saved = [{per = "token", elements = 1 : i64, every = 128 : i64}],
    partials = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]}} {
  %zero = arith.constant 0.0 : f32
  %c0 = arith.constant 0 : i64
  %c1 = arith.constant 1 : i64
  %c2 = arith.constant 2 : i64
  %c3 = arith.constant 3 : i64
  %c4 = arith.constant 4 : i64
  %c5 = arith.constant 5 : i64
  %c6 = arith.constant 6 : i64
  %c7 = arith.constant 7 : i64
  %c8 = arith.constant 8 : i64
  %c9 = arith.constant 9 : i64
  %c10 = arith.constant 10 : i64
  %c11 = arith.constant 11 : i64
  %a = func.call @read(%tensors, %strides, %c3, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %last = func.call @read(%tensors, %strides, %c6, %c0) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
  %end:2 = scf.for %i = %c0 to %length step %c1 iter_args(%dh0 = %last, %da0 = %zero) -> (f32, f32) : i64 {
    %after = arith.subi %length, %i : i64
    %t = arith.subi %after, %c1 : i64
    %dy = func.call @read(%tensors, %strides, %c5, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x1 = func.call @read(%tensors, %strides, %c0, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %x2 = func.call @read(%tensors, %strides, %c1, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %g = func.call @read(%tensors, %strides, %c2, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %h = func.call @read(%tensors, %strides, %c4, %t) : (!llvm.ptr, !llvm.ptr, i64, i64) -> f32
    %dh = arith.addf %dh0, %dy : f32
    %gated = arith.mulf %dh, %g : f32
    %dx1 = arith.mulf %gated, %x2 : f32
    %dx2 = arith.mulf %gated, %x1 : f32
    %x = arith.mulf %x1, %x2 : f32
    %dg = arith.mulf %dh, %x : f32
    %dah = arith.mulf %dh, %h : f32
    %da = arith.addf %da0, %dah : f32
    func.call @write(%tensors, %strides, %c7, %t, %dx1) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    func.call @write(%tensors, %strides, %c8, %t, %dx2) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    func.call @write(%tensors, %strides, %c9, %t, %dg) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
    %before = arith.mulf %dh, %a : f32
    scf.yield %before, %da : f32, f32
  }
  func.call @write(%tensors, %strides, %c10, %c0, %end#1) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
  func.call @write(%tensors, %strides, %c11, %c0, %end#0) : (!llvm.ptr, !llvm.ptr, i64, i64, f32) -> ()
  return
}
)";

// As the header has them (Header.OfBackward checks that).
struct FadeForward {
  size_t size = sizeof(FadeForward);
  int64_t batch = 1, time = 0, heads = 1, groups = 1, sequences = 0;
  const int64_t *cu_seqlens = nullptr;
  const float *x = nullptr, *g = nullptr, *u = nullptr, *a = nullptr, *H_initial = nullptr;
  float *y = nullptr, *H_final = nullptr;
  void *workspace = nullptr, *saved = nullptr;
  int64_t threads = 1;
  ParallelFor parallel_for = nullptr;
  void *parallel_for_context = nullptr;
};
struct FadeBackward {
  size_t size = sizeof(FadeBackward);
  int64_t batch = 1, time = 0, heads = 1, groups = 1, sequences = 0;
  const int64_t *cu_seqlens = nullptr;
  const float *x = nullptr, *g = nullptr, *u = nullptr, *a = nullptr, *H_initial = nullptr;
  const float *y_grad = nullptr, *H_final_grad = nullptr;
  float *x_grad = nullptr, *g_grad = nullptr, *u_grad = nullptr, *a_grad = nullptr, *H_initial_grad = nullptr;
  void *workspace = nullptr;
  const void *saved = nullptr;
  int64_t threads = 1;
  ParallelFor parallel_for = nullptr;
  void *parallel_for_context = nullptr;
};

mlir::OwningOpRef<mlir::ModuleOp> parseFade(mlir::MLIRContext &context) {
  registerLeaky(context);
  return mlir::parseSourceString<mlir::ModuleOp>(fade, &context);
}

struct FadeLibrary {
  static const FadeLibrary &get() {
    static const FadeLibrary library;
    return library;
  }

  std::string path, header;
  std::vector<MixerInterface> mixers;
  const Status *(*forward)(const FadeForward *) = nullptr;
  const Status *(*backward)(const FadeBackward *) = nullptr;
  size_t (*savedSize)(const FadeForward *) = nullptr;
  size_t (*workspaceSize)(const FadeBackward *) = nullptr;
  const char *(*describe)() = nullptr;

private:
  FadeLibrary() : path(llvm::sys::path::parent_path(LeakyLibrary::get().path).str() + "/libfade.so") {
    mlir::MLIRContext context;
    mlir::OwningOpRef<mlir::ModuleOp> module = parseFade(context);
    mixers = llvm::cantFail(readInterfaces(*module));
    if (!lowerLeaky(*module))
      abort();
    llvm::cantFail(emitLibrary(*module, mixers, EmitOptions{}, path));
    std::ifstream file(llvm::sys::path::parent_path(path).str() + "/libfade.h");
    header.assign(std::istreambuf_iterator<char>(file), {});
    void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    auto find = [&](auto &function, const char *name) {
      function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(handle, name));
      if (!function)
        abort();
    };
    find(forward, "fade_forward");
    find(backward, "fade_backward");
    find(savedSize, "fade_saved_size");
    find(workspaceSize, "fade_backward_workspace_size");
    find(describe, "fade_describe");
  }
};

/// Arrays of a call: 2 sequences of 7 tokens, 4 heads in 2 groups.
struct FadeArrays {
  static constexpr int64_t batch = 2, time = 7, heads = 4, groups = 2, rows = batch * time;
  std::vector<float> x, g, u, a, initial, dy, dfinal;
  std::vector<float> dx, dg, du, da, dinitial;
  std::vector<char> workspace, saved;

  FadeArrays() {
    std::mt19937 random(5);
    std::uniform_real_distribution<float> uniform;
    auto fill = [&](std::vector<float> &numbers, int64_t size) {
      numbers.resize(size);
      for (float &number : numbers)
        number = uniform(random);
    };
    fill(x, rows * heads * 2), fill(g, rows * groups), fill(u, rows * heads), fill(a, heads);
    fill(initial, batch * heads), fill(dy, rows * heads), fill(dfinal, batch * heads);
    for (auto [result, like] : {std::pair(&dx, &x), {&dg, &g}, {&du, &u}, {&da, &a}, {&dinitial, &initial}})
      result->assign(like->size(), NAN);
  }

  FadeBackward arguments() {
    FadeBackward args;
    args.batch = batch, args.time = time, args.heads = heads, args.groups = groups;
    args.x = x.data(), args.g = g.data(), args.u = u.data(), args.a = a.data(), args.H_initial = initial.data();
    args.y_grad = dy.data(), args.H_final_grad = dfinal.data();
    args.x_grad = dx.data(), args.g_grad = dg.data(), args.u_grad = du.data(), args.a_grad = da.data();
    args.H_initial_grad = dinitial.data();
    workspace.resize(FadeLibrary::get().workspaceSize(&args) + 64);
    args.workspace = workspace.data();
    return args;
  }

  const void *keep() {
    FadeForward args;
    args.batch = batch, args.time = time, args.heads = heads, args.groups = groups;
    args.x = x.data(), args.g = g.data(), args.u = u.data(), args.a = a.data(), args.H_initial = initial.data();
    std::vector<float> y(dy.size());
    args.y = y.data();
    saved.resize(FadeLibrary::get().savedSize(&args));
    args.saved = saved.data();
    EXPECT_EQ(FadeLibrary::get().forward(&args), nullptr);
    return saved.data();
  }

  void check() const {
    std::vector<double> g0(dg.size()), a0(da.size());
    for (int64_t s = 0; s < batch; ++s)
      for (int64_t h = 0; h < heads; ++h) {
        std::vector<double> H = {initial[s * heads + h]};
        auto x1 = [&](int64_t row) { return double(x[(row * heads + h) * 2]); };
        auto x2 = [&](int64_t row) { return double(x[(row * heads + h) * 2 + 1]); };
        auto gate = [&](int64_t row) { return row * groups + h / (heads / groups); };
        for (int64_t row = s * time; row < (s + 1) * time; ++row)
          H.push_back(a[h] * H.back() + g[gate(row)] * x1(row) * x2(row));
        double dH = dfinal[s * heads + h];
        for (int64_t row = (s + 1) * time - 1; row >= s * time; --row) {
          dH += dy[row * heads + h];
          EXPECT_NEAR(dx[(row * heads + h) * 2], dH * g[gate(row)] * x2(row), 1e-5);
          EXPECT_NEAR(dx[(row * heads + h) * 2 + 1], dH * g[gate(row)] * x1(row), 1e-5);
          g0[gate(row)] += dH * x1(row) * x2(row);
          a0[h] += dH * H[row - s * time];
          dH *= a[h];
        }
        EXPECT_NEAR(dinitial[s * heads + h], dH, 1e-5);
      }
    for (size_t i = 0; i < g0.size(); ++i)
      EXPECT_NEAR(dg[i], g0[i], 1e-5);
    for (size_t i = 0; i < a0.size(); ++i)
      EXPECT_NEAR(da[i], a0[i], 1e-5);
    EXPECT_EQ(du, std::vector<float>(u.size(), 0));
  }
};

TEST(Backward, GivesTheGradients) {
  for (int64_t threads : {1, 2, 4})
    for (bool keeps : {false, true}) {
      FadeArrays arrays;
      FadeBackward args = arrays.arguments();
      args.threads = threads;
      if (keeps)
        args.saved = arrays.keep();
      arrays.workspace.resize(FadeLibrary::get().workspaceSize(&args));
      args.workspace = arrays.workspace.data();
      const Status *status = FadeLibrary::get().backward(&args);
      ASSERT_STREQ(status ? status->message : "success", "success");
      arrays.check();
    }
}

TEST(Backward, SavesNothingWhereThereIsNone) {
  // Leaky has no backward: its saved size is a constant.
  Arrays arrays(2, 300, 4, 2);
  ForwardArgs args = arrays.forward();
  EXPECT_EQ(LeakyLibrary::get().savedSize(&args), 0u);
  FadeForward fading;
  fading.time = 300;
  EXPECT_EQ(FadeLibrary::get().savedSize(&fading), (300u * 4 + 63) / 64 * 64);
}

TEST(Backward, ArgumentsAreChecked) {
  FadeArrays arrays;
  auto refusal = [&](auto spoil) {
    FadeBackward args = arrays.arguments();
    spoil(args);
    const Status *status = FadeLibrary::get().backward(&args);
    return std::string(status ? status->message : "success");
  };
  EXPECT_EQ(refusal([](FadeBackward &args) { args.size = 8; }), "size is 8, and sizeof(fade_backward_args) is " +
                                                                    std::to_string(sizeof(FadeBackward)) +
                                                                    " in this library");
  EXPECT_EQ(refusal([](FadeBackward &args) { args.u = nullptr; }), "u is null");
  EXPECT_EQ(refusal([](FadeBackward &args) { args.y_grad = nullptr; }), "y_grad is null");
  EXPECT_EQ(refusal([](FadeBackward &args) { args.saved = reinterpret_cast<const char *>(args.x) + 1; }),
            "saved is not aligned to 4 bytes");
  EXPECT_TRUE(llvm::StringRef(refusal([](FadeBackward &args) {
                args.workspace = nullptr;
              })).starts_with("workspace is null, and this call needs "));
  EXPECT_TRUE(std::isnan(arrays.dx[0]));
}

TEST(Header, OfBackward) {
  const std::string &header = FadeLibrary::get().header;
  for (const char *line : {"const float *y_grad;              /* [B, T, H] */",
                           "const float *H_final_grad;        /* [sequences, H], or NULL for zero */",
                           "float *x_grad;                    /* [B, T, H, 2], or NULL */",
                           "float *g_grad;                    /* [B, T, G], or NULL */",
                           "float *a_grad;                    /* [H], or NULL */",
                           "float *H_initial_grad;            /* [sequences, H], or NULL */",
                           "void *workspace;                  /* fade_backward_workspace_size() bytes */",
                           "const void *saved;                /* what forward left there, or NULL: computed anew */",
                           "mix_status fade_backward(const fade_backward_args *args);",
                           "size_t fade_backward_workspace_size(const fade_backward_args *args);",
                           "size_t fade_saved_size(const fade_forward_args *args);"})
    EXPECT_NE(header.find(line), std::string::npos) << line << "\n" << header;
  headerAgreesWith(FadeLibrary::get().mixers.at(0), "libfade.h");
  EXPECT_EQ(FadeLibrary::get().mixers.at(0).entry(EntryKind::Forward)->slots * 8, sizeof(FadeForward));
  EXPECT_EQ(FadeLibrary::get().mixers.at(0).entry(EntryKind::Backward)->slots * 8, sizeof(FadeBackward));
}

TEST(Describe, OfBackward) {
  auto parsed = llvm::json::parse(FadeLibrary::get().describe());
  ASSERT_TRUE(bool(parsed));
  const llvm::json::Array &entries = *parsed->getAsObject()->getArray("entries");
  ASSERT_EQ(entries.size(), 2u);
  const llvm::json::Object &backward = *entries[1].getAsObject();
  EXPECT_EQ(backward.getString("entry"), "backward");
  EXPECT_EQ(backward.getInteger("size"), int64_t(sizeof(FadeBackward)));
  std::string found;
  for (const llvm::json::Value &value : *backward.getArray("tensors")) {
    const llvm::json::Object &tensor = *value.getAsObject();
    found += (*tensor.getString("field") + ":" + *tensor.getString("role")).str();
    found += tensor.getBoolean("optional") ? "? " : " ";
    EXPECT_EQ(bool(tensor.get("interval")), tensor.getString("field") == "g" || tensor.getString("field") == "a");
    EXPECT_EQ(bool(tensor.get("start")), tensor.getString("field") == "H_initial");
  }
  EXPECT_EQ(found, "x:input g:input u:input a:param H_initial:initial? y_grad:output_grad H_final_grad:final_grad? "
                   "x_grad:input_grad? g_grad:input_grad? u_grad:input_grad? a_grad:param_grad? "
                   "H_initial_grad:initial_grad? ");
}

/// The module with a word of it replaced does not go into a library.
std::string errorWith(llvm::StringRef word, llvm::StringRef by) {
  std::string text = fade;
  for (size_t at = text.find(word.str()); at != std::string::npos; at = text.find(word.str(), at + by.size()))
    text.replace(at, word.size(), by.str());
  mlir::MLIRContext context;
  registerLeaky(context);
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(text, &context);
  if (!module)
    return "does not parse";
  auto mixers = readInterfaces(*module);
  return mixers ? "" : llvm::toString(mixers.takeError());
}

TEST(Interface, OfKernelsThatDoNotFit) {
  EXPECT_EQ(errorWith("entry = \"backward\"", "entry = \"forwards\""),
            "internal error: `mix.kernel` of @fade_backward_kernel has no entry that is known");
  EXPECT_EQ(
      errorWith("partials = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0]", "partials = [1]"),
      "internal error: `mix.kernel` of @fade_backward_kernel does not say of every tensor if it is a partial sum");
  EXPECT_EQ(errorWith("0, 1, 1, 0]", "0, 0, 1, 0]"),
            "internal error: `mix.kernel` of @fade_backward_kernel says that `g` as input_grad is no sum, but it is");
  EXPECT_EQ(errorWith("per = \"token\"", "per = \"head\""),
            "internal error: `mix.kernel` of @fade_forward_kernel does not describe `saved.0`");
  EXPECT_EQ(errorWith("\"fade\", entry = \"replay\"", "\"other\", entry = \"replay\""),
            "internal error: replay of `fade` does not save what backward reads");
  EXPECT_EQ(errorWith("\"H\", \"saved.0\"]", "\"H\", \"saved.1\"]"),
            "internal error: forward of `fade` does not save what backward reads");
}

} // namespace
