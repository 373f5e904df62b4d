// The files: what the library exports and needs, whether the header says the same as the code, and what happens where
// they cannot be written.
#include "dialect/mix/ElementType.h"
#include "test/unit/emit/Leaky.h"
#include "test/unit/emit/Tools.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdio>
#include <dlfcn.h>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

using namespace mixc;
using namespace mixc::test;

namespace {

TEST(Library, ExportsEntryPointsAlone) {
  auto [output, status] = run(tool("llvm-nm") + " -D --defined-only --format=just-symbols " + LeakyLibrary::get().path);
  ASSERT_EQ(status, 0) << output;
  std::set<std::string> symbols;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(output).split(lines, '\n', -1, false);
  for (llvm::StringRef line : lines)
    symbols.insert(line.split('@').first.str());
  std::set<std::string> expected = {"mix_status_message"};
  for (const char *name : {"leaky_decode", "leaky_decode_workspace_size", "leaky_describe", "leaky_forward",
                           "leaky_saved_size", "leaky_workspace_size"})
    for (const std::string &suffix : {std::string(), "_" + LeakyLibrary::get().mixers.at(0).fingerprintText()})
      expected.insert(name + suffix);
  EXPECT_EQ(symbols, expected);
}

TEST(Library, NeedsTheCLibraryAlone) {
  auto [output, status] = run(tool("llvm-readelf") + " -d " + LeakyLibrary::get().path);
  ASSERT_EQ(status, 0) << output;
  EXPECT_NE(output.find("Library soname: [libleaky.so]"), std::string::npos) << output;
  EXPECT_NE(output.find("[libc.so.6]"), std::string::npos) << output;
  llvm::SmallVector<llvm::StringRef> lines;
  llvm::StringRef(output).split(lines, '\n');
  for (llvm::StringRef line : lines)
    if (line.contains("(NEEDED)"))
      EXPECT_TRUE(line.contains("[libc.so") || line.contains("[libm.so") || line.contains("[ld-linux")) << line.str();
  EXPECT_EQ(output.find("TEXTREL"), std::string::npos);
}

TEST(Library, SymbolsHaveVersions) {
  auto [output, status] = run(tool("llvm-nm") + " -D --undefined-only " + LeakyLibrary::get().path);
  ASSERT_EQ(status, 0) << output;
  EXPECT_NE(output.find("pthread_create@GLIBC_"), std::string::npos) << output;
}

TEST(Library, GoesWhenClosed) {
  const std::string copy = folder() + "/libclosed.so";
  ASSERT_FALSE(llvm::sys::fs::copy_file(LeakyLibrary::get().path, copy));
  Arrays arrays(2, 30, 4, 2);
  ForwardArgs args = arrays.forward();
  args.threads = 0;
  for (int round = 0; round < 20; ++round) { // every time with threads of its own
    void *handle = dlopen(copy.c_str(), RTLD_NOW);
    ASSERT_NE(handle, nullptr) << dlerror();
    auto forward = reinterpret_cast<const Status *(*)(const ForwardArgs *)>(dlsym(handle, "leaky_forward"));
    ASSERT_EQ(forward(&args), nullptr);
    ASSERT_EQ(dlclose(handle), 0);
    EXPECT_EQ(dlopen(copy.c_str(), RTLD_NOW | RTLD_NOLOAD), nullptr);
  }
}

TEST(Header, IsC99AndCxx) {
  const std::string use = "#include \"libleaky.h\"\n#include \"libleaky.h\"\nmix_status f(leaky_forward_args *a); "
                          "mix_status f(leaky_forward_args *a) "
                          "{ a->size = sizeof *a; return leaky_forward(a); }\n";
  compiles("use.c", use, "-x c -std=c99");
  compiles("use.c", use, "-x c -std=c17");
  compiles("use.cpp", use, "-x c++ -std=c++11");
  compiles("use.cpp", use, "-x c++ -std=c++20");
}

TEST(Header, OfTwoLibrariesInOneProgram) {
  MixerInterface other = LeakyLibrary::get().mixers.at(0);
  other.name = "other";
  std::ofstream(folder() + "/libother.h") << printHeader(other, "libother");
  const std::string use =
      "#include \"libleaky.h\"\n#include \"libother.h\"\nint f(mix_status status); int f(mix_status status) "
      "{ return mix_status_message(status)[0] + MIX_BAD_SHAPE; }\n";
  compiles("both.c", use, "-x c -std=c99");
  compiles("both.cpp", use, "-x c++ -std=c++17");
}

TEST(Header, AgreesWithTheCode) {
  headerAgreesWith(LeakyLibrary::get().mixers.at(0), "libleaky.h");
  EXPECT_EQ(LeakyLibrary::get().mixers.at(0).entries.at(0).slots * 8, sizeof(ForwardArgs));
  EXPECT_EQ(LeakyLibrary::get().mixers.at(0).entries.at(1).slots * 8, sizeof(DecodeArgs));
}

TEST(Header, SaysShapes) {
  const std::string &header = LeakyLibrary::get().header;
  for (const char *line : {"const float *x;                   /* [B, T, H, 4] */",
                           "const float *g;                   /* [B, T, G, 4], in [0, 1] */",
                           "const float *a;                   /* [H], in [0, 1] */",
                           "const float *H_initial;           /* [sequences, H, 4], or NULL for zero */",
                           "float *z;                         /* [B, T, H] */",
                           "float *H;                         /* [B, H, 4], updated in place"})
    EXPECT_NE(header.find(line), std::string::npos) << line << "\n" << header;
}

TEST(Header, RenamesWhatCReserves) {
  MixerInterface mixer;
  mixer.name = "float";
  EntryInfo entry;
  entry.slots = 14;
  for (const char *field : {"class_", "restrict_"}) {
    TensorInfo tensor;
    tensor.field = field, tensor.role = tile::Role::Input, tensor.slot = 7 + entry.tensors.size();
    entry.tensors.push_back(tensor);
  }
  mixer.entries.push_back(entry);
  std::string header = printHeader(mixer, "lib-1.0");
  compiles("reserved.c", header, "-x c -std=c99");
  compiles("reserved.cpp", header, "-x c++ -std=c++17");
}

TEST(Interface, HasAFingerprintOfEquationsAndDeclarations) {
  mlir::MLIRContext context;
  registerLeaky(context);
  auto fingerprint = [&](auto change) {
    mlir::OwningOpRef<mlir::ModuleOp> module = parseLeaky(context);
    module->walk([&](mlir::Operation *op) { change(op); });
    return llvm::cantFail(readInterfaces(*module)).at(0).fingerprint;
  };
  const uint64_t same = fingerprint([](mlir::Operation *) {});
  EXPECT_EQ(same, LeakyLibrary::get().mixers.at(0).fingerprint);
  EXPECT_NE(same, fingerprint([](mlir::Operation *op) {
              if (auto input = mlir::dyn_cast<mix::InputOp>(op))
                mix::setElementType(op, mlir::BFloat16Type::get(op->getContext()));
            }));
  EXPECT_NE(same, fingerprint([](mlir::Operation *op) {
              if (auto output = mlir::dyn_cast<mix::OutputOp>(op); output && output.getName() == "y")
                op->setAttr("more", mlir::UnitAttr::get(op->getContext()));
            }));
}

TEST(Interface, NamesFieldsApart) {
  mlir::MLIRContext context;
  registerLeaky(context);
  mlir::OwningOpRef<mlir::ModuleOp> module = parseLeaky(context);
  // An input called `time`, a param called `new`, an output that takes the final state's field.
  for (mix::MixerOp mixer : module->getOps<mix::MixerOp>())
    for (mlir::Operation &op : mixer.step()) {
      mlir::Builder builder(&context);
      if (auto input = mlir::dyn_cast<mix::InputOp>(op); input && input.getName() == "x")
        input.setName("time");
      else if (auto param = mlir::dyn_cast<mix::ParamOp>(op))
        param.setName("new");
      else if (auto output = mlir::dyn_cast<mix::OutputOp>(op); output && output.getName() == "y")
        output.setName("H_initial");
    }
  for (auto function : module->getOps<mlir::func::FuncOp>())
    if (tile::FunctionAttr kernel = tile::functionOf(function)) {
      auto renamed = llvm::map_to_vector(kernel.getArguments(), [&](tile::ArgumentAttr argument) {
        llvm::StringRef text = argument.getName().getValue();
        text = text == "x" ? "time" : text == "a" ? "new" : text == "y" ? "H_initial" : text;
        return tile::ArgumentAttr::get(&context, argument.getRole(), text, argument.getPerGroup());
      });
      function->setAttr(tile::functionAttrName,
                        tile::FunctionAttr::get(&context, kernel.getMixer(), kernel.getEntry(), renamed,
                                                kernel.getTypes(), kernel.getSequences(), kernel.getScratch()));
    }
  std::vector<MixerInterface> mixers = llvm::cantFail(readInterfaces(*module));
  std::vector<std::string> fields;
  for (const TensorInfo &tensor : mixers.at(0).entries.at(0).tensors)
    fields.push_back(tensor.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"time_", "g", "new_", "H_initial", "H_initial_", "z", "H_final"}));
}

TEST(Describe, IsJson) {
  auto parsed = llvm::json::parse(LeakyLibrary::get().describe());
  ASSERT_TRUE(bool(parsed));
  const llvm::json::Object &mixer = *parsed->getAsObject();
  EXPECT_EQ(mixer.getString("name"), "leaky");
  EXPECT_EQ(mixer.getObject("dims")->getInteger("D"), 4);
  const llvm::json::Object &forward = *mixer.getArray("entries")->front().getAsObject();
  EXPECT_EQ(forward.getInteger("size"), int64_t(sizeof(ForwardArgs)));
  EXPECT_EQ(forward.getArray("tensors")->size(), 7u);
  const llvm::json::Object &g = *(*forward.getArray("tensors"))[1].getAsObject();
  EXPECT_EQ(g, (llvm::json::Object{{"name", "g"},
                                   {"field", "g"},
                                   {"role", "input"},
                                   {"dtype", "f32"},
                                   {"layout", llvm::json::Array{"batch", "time", "groups", 4}},
                                   {"offset", int64_t(offsetof(ForwardArgs, g))},
                                   {"strides", 32},
                                   {"bytes", "16 * batch * time * groups"},
                                   {"interval", llvm::json::Array{0.0, 1.0}}}));
}

std::string errorFor(const std::string &path, const EmitOptions &options = {}) {
  mlir::MLIRContext context;
  registerLeaky(context);
  mlir::OwningOpRef<mlir::ModuleOp> module = parseLeaky(context);
  std::vector<MixerInterface> mixers = llvm::cantFail(readInterfaces(*module));
  lowerLeaky(*module);
  llvm::Error error = emitLibrary(*module, mixers, options, path);
  return error ? llvm::toString(std::move(error)) : "";
}

TEST(Errors, NameThePath) {
  EXPECT_EQ(errorFor(folder() + "/absent/lib.so"),
            "cannot write `" + folder() + "/absent/lib.so`: No such file or directory");
  EXPECT_EQ(errorFor(folder()), "cannot write `" + folder() + "`: it is there and not a plain file");
  EXPECT_EQ(errorFor(folder() + "/lib.h"),
            "cannot write `" + folder() + "/lib.h`: its header would have the same name");
  EXPECT_EQ(errorFor("/dev/null"), "cannot write `/dev/null`: it is there and not a plain file");
}

TEST(Errors, NameTheCpu) {
  EmitOptions options;
  options.cpu = "pentium5";
  EXPECT_EQ(errorFor(folder() + "/lib.so", options),
            "unknown CPU `pentium5`: `llc -mcpu=help` lists the names, and `native` is this machine");
}

TEST(Errors, LeaveNothingBehind) {
  const std::string path = folder() + "/clean";
  ASSERT_FALSE(llvm::sys::fs::create_directory(path));
  EXPECT_EQ(errorFor(path + "/lib.so"), "");
  EXPECT_EQ(errorFor(path + "/lib.so"), ""); // over the old one
  ASSERT_FALSE(llvm::sys::fs::create_directory(path + "/taken.so"));
  EXPECT_NE(errorFor(path + "/taken.so"), "");
  ASSERT_FALSE(llvm::sys::fs::remove(path + "/taken.so"));
  EmitOptions options;
  options.cpu = "none";
  EXPECT_NE(errorFor(path + "/other.so", options), "");
  std::set<std::string> names;
  std::error_code code;
  for (llvm::sys::fs::directory_iterator entry(path, code), end; entry != end; entry.increment(code))
    names.insert(llvm::sys::path::filename(entry->path()).str());
  EXPECT_EQ(names, (std::set<std::string>{"lib.h", "lib.so"}));
}

TEST(Cpu, OfAnotherMachineIsRefusedByName) {
  // Compiled for a processor with more than any machine has, the library loads, and says what is missing.
  EmitOptions options;
  options.cpu = "diamondrapids";
  const std::string path = folder() + "/libdiamond.so";
  ASSERT_EQ(errorFor(path, options), "");
  void *handle = dlopen(path.c_str(), RTLD_NOW);
  ASSERT_NE(handle, nullptr) << dlerror();
  auto forward = reinterpret_cast<const Status *(*)(const ForwardArgs *)>(dlsym(handle, "leaky_forward"));
  ForwardArgs args;
  const Status *status = forward(&args);
  ASSERT_NE(status, nullptr);
  if (status->code == 2) // a machine that has it all
    GTEST_SKIP() << status->message;
  EXPECT_EQ(status->code, 9);
  EXPECT_TRUE(llvm::StringRef(status->message)
                  .starts_with("this library was compiled for diamondrapids, and this machine has no "))
      << status->message;
}

TEST(Cpu, BaselineRunsEverywhere) {
  EmitOptions options;
  options.cpu = "x86-64";
  const std::string path = folder() + "/libbaseline.so";
  ASSERT_EQ(errorFor(path, options), "");
  void *handle = dlopen(path.c_str(), RTLD_NOW);
  auto forward = reinterpret_cast<const Status *(*)(const ForwardArgs *)>(dlsym(handle, "leaky_forward"));
  Arrays arrays(2, 9, 4, 2);
  ForwardArgs args = arrays.forward();
  EXPECT_EQ(forward(&args), nullptr);
  arrays.check(/*useInitial=*/true);
}

} // namespace
