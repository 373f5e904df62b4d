// What a declaration's element type changes outside its kernels: header, JSON, and what the arguments are checked for.
#include "dialect/mix/ElementType.h"
#include "test/unit/emit/Leaky.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Path.h"
#include <climits>
#include <dlfcn.h>
#include <gtest/gtest.h>

using namespace mixc;
using namespace mixc::test;

namespace {

/// The module with x of bf16 and H and z of f16. Its kernels know nothing of that: only calls that fail may be made.
mlir::OwningOpRef<mlir::ModuleOp> narrowLeaky(mlir::MLIRContext &context) {
  registerLeaky(context);
  mlir::OwningOpRef<mlir::ModuleOp> module = parseLeaky(context);
  for (mix::MixerOp mixer : module->getOps<mix::MixerOp>())
    for (mlir::Operation &op : mixer.step())
      if (auto name = op.getAttrOfType<mlir::StringAttr>("name")) {
        if (mlir::isa<mix::InputOp>(op) && name == "x")
          mix::setElementType(&op, mlir::BFloat16Type::get(&context));
        else if (mlir::isa<mix::StateOp>(op) || name == "z")
          mix::setElementType(&op, mlir::Float16Type::get(&context));
      }
  return module;
}

TEST(ElementTypes, AreInTheHeader) {
  mlir::MLIRContext context;
  const std::string header = printHeader(llvm::cantFail(readInterfaces(*narrowLeaky(context))), "libnarrow");
  for (const char *line : {"typedef uint16_t mix_bf16;", "typedef uint16_t mix_f16;", "const mix_bf16 *x; ",
                           "const float *g; ", "const mix_f16 *H_initial; ", "  float *y; ", "  mix_f16 *z; ",
                           "  mix_f16 *H_final; ", "  mix_f16 *H; ", "  mix_f16 *H_kept; "})
    EXPECT_NE(header.find(line), std::string::npos) << line << "\n" << header;
}

TEST(ElementTypes, AreDescribed) {
  mlir::MLIRContext context;
  auto parsed = llvm::json::parse(describe(llvm::cantFail(readInterfaces(*narrowLeaky(context))).front(), "any"));
  ASSERT_TRUE(bool(parsed));
  std::string found;
  for (const llvm::json::Value &tensor :
       *(*parsed->getAsObject()->getArray("entries"))[0].getAsObject()->getArray("tensors"))
    found += (*tensor.getAsObject()->getString("field") + ":" + *tensor.getAsObject()->getString("dtype") + " ").str();
  EXPECT_EQ(found, "x:bf16 g:f32 a:f32 H_initial:f16 y:f32 z:f16 H_final:f16 ");
}

TEST(ElementTypes, SayWhatAnAddressMustBe) {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module = narrowLeaky(context);
  std::vector<MixerInterface> mixers = llvm::cantFail(readInterfaces(*module));
  ASSERT_TRUE(lowerLeaky(*module));
  const std::string path = llvm::sys::path::parent_path(LeakyLibrary::get().path).str() + "/libnarrow.so";
  ASSERT_FALSE(bool(emitLibrary(*module, mixers, {}, path)));
  void *library = dlopen(path.c_str(), RTLD_NOW);
  ASSERT_NE(library, nullptr) << dlerror();
  auto forward = reinterpret_cast<const Status *(*)(const ForwardArgs *)>(dlsym(library, "leaky_forward"));
  auto decode = reinterpret_cast<const Status *(*)(const DecodeArgs *)>(dlsym(library, "leaky_decode"));
  auto moved = [](auto *pointer, int by) {
    return reinterpret_cast<decltype(pointer)>(reinterpret_cast<uintptr_t>(pointer) + by);
  };
  auto messageOf = [](const Status *status) { return std::string(status ? status->message : "success"); };

  Arrays arrays(2, 5, 6, 2);
  ForwardArgs args = arrays.forward();
  args.x = moved(args.x, 1);
  EXPECT_EQ(messageOf(forward(&args)), "x is not aligned to 2 bytes");
  args.x = moved(args.x, 1);
  args.y = moved(args.y, 2);
  EXPECT_EQ(messageOf(forward(&args)), "y is not aligned to 4 bytes");
  args = arrays.forward();
  args.z = moved(args.z, 3);
  EXPECT_EQ(messageOf(forward(&args)), "z is not aligned to 2 bytes");
  args = arrays.forward();
  args.H_initial = moved(args.H_initial, 1);
  EXPECT_EQ(messageOf(forward(&args)), "H_initial is not aligned to 2 bytes");
  // 2^63 bytes are more numbers of 2 bytes than of 4.
  args = arrays.forward();
  args.time = INT64_MAX / (2 * 6 * 4 * 2) - 1;
  EXPECT_EQ(messageOf(forward(&args)), "y would have more than 2^63 bytes");
  EXPECT_TRUE(arrays.untouched());

  DecodeArgs token = arrays.decode();
  token.H_kept = moved(token.y, 1);
  EXPECT_EQ(messageOf(decode(&token)), "H_kept is not aligned to 2 bytes");
  token.H_kept = moved(token.y, 2), token.z = nullptr;
  EXPECT_EQ(messageOf(decode(&token)), "z is null");
  EXPECT_TRUE(arrays.untouched());
}

} // namespace
