// A library with a backward entry: its calls, header, description, and modules that do not fit.
#include "mlir/Parser/Parser.h"
#include "test/unit/emit/Fade.h"
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

// As the header has them (Header.OfBackward checks that).
struct FadeForward {
  size_t size = sizeof(FadeForward);
  int64_t batch = 1, time = 0, heads = 1, groups = 1, sequences = 0;
  const int64_t *cu_seqlens = nullptr;
  const float *x = nullptr, *g = nullptr, *u = nullptr, *a = nullptr, *H_initial = nullptr;
  float *y = nullptr, *H_final = nullptr;
  const void *strides = nullptr, *initial_slots = nullptr, *final_slots = nullptr;
  int64_t slot_count = 0, slot_bits = 0, cu_seqlens_bits = 0;
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
  const void *strides = nullptr;
  int64_t cu_seqlens_bits = 0;
  void *workspace = nullptr;
  const void *saved = nullptr;
  int64_t threads = 1;
  ParallelFor parallel_for = nullptr;
  void *parallel_for_context = nullptr;
};

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
    mixers = writeFade(path);
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
  EXPECT_EQ(FadeLibrary::get().savedSize(&fading), 64 + (300u * 4 + 63) / 64 * 64);
}

TEST(Backward, ArgumentsAreChecked) {
  FadeArrays arrays;
  auto refusal = [&](auto spoil) {
    FadeBackward args = arrays.arguments();
    spoil(args);
    const Status *status = FadeLibrary::get().backward(&args);
    return std::string(status ? status->message : "success");
  };
  const MixerInterface &mixer = FadeLibrary::get().mixers.at(0);
  const EntryInfo &entry = *mixer.entry(tile::Entry::Backward);
  EXPECT_EQ(refusal([](FadeBackward &args) { args.size = 8; }),
            "size is 8, and sizeof(fade_backward_args) is " + std::to_string(8 * (entry.slots + mixer.reserved())) +
                " in this library: is its header of another one?");
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
                           "mix_status fade_backward(const fade_backward_args *args)",
                           "size_t fade_backward_workspace_size(const fade_backward_args *args)",
                           "size_t fade_saved_size(const fade_forward_args *args)"})
    EXPECT_NE(header.find(line), std::string::npos) << line << "\n" << header;
  headerAgreesWith(FadeLibrary::get().mixers.at(0), "libfade.h");
  EXPECT_EQ(FadeLibrary::get().mixers.at(0).entry(tile::Entry::Forward)->slots * 8, sizeof(FadeForward));
  EXPECT_EQ(FadeLibrary::get().mixers.at(0).entry(tile::Entry::Backward)->slots * 8, sizeof(FadeBackward));
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
  std::string text = fadeText();
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
  EXPECT_EQ(errorWith("input_grad \"g\" per_group partial", "input_grad \"g\" per_group"), "does not parse");
  EXPECT_EQ(errorWith("replay of \"fade\"", "replay of \"other\""),
            "internal error: replay of `fade` does not save what backward reads");
  EXPECT_EQ(errorWith("final \"H\" : !tile.tensor<head, [], f32>,\n    saved \"saved.0\"",
                      "final \"H\" : !tile.tensor<head, [], f32>,\n    saved \"saved.1\""),
            "internal error: forward of `fade` does not save what backward reads");
  EXPECT_EQ(
      errorWith("output \"y\" :", "output \"z\" :"),
      "internal error: @fade_forward_kernel takes `z` as output, which its mixer does not declare, or takes it twice");
}

} // namespace
