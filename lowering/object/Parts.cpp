// LLVM generates code for one module of one context on one thread. So a module is cut into parts, runs of functions;
// every part reads the bitcode of the whole into a context of its own, and there makes the functions of the others
// declarations. Functions call each other across parts: they are hidden symbols of the library, no longer internal
// ones. Constants stay internal, and a part has the ones it uses; a global that others see is the first part's.
#include "lowering/object/Parts.h"
#include "lowering/object/Object.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/Bitcode/BitcodeWriter.h"
#include "llvm/Support/ThreadPool.h"
#include <mutex>

using namespace llvm;

namespace mixc {
namespace {

/// With fewer, reading the bitcode and setting up the passes would show.
constexpr unsigned instructionsPerPart = 4000;

struct Part {
  StringSet<> functions;
  unsigned instructions = 0;
  ObjectCode object;
};

/// Functions in their order; a part ends when it is large enough.
std::vector<Part> cut(const Module &module) {
  std::vector<Part> parts(1);
  for (const Function &function : module) {
    if (function.isDeclaration())
      continue;
    if (parts.back().instructions >= instructionsPerPart)
      parts.emplace_back();
    parts.back().functions.insert(function.getName());
    parts.back().instructions += function.getInstructionCount();
  }
  return parts;
}

Error emitObject(Module &module, const EmitOptions &options, ObjectCode &object) {
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(options);
  if (!machine)
    return machine.takeError();
  raw_svector_ostream out(object);
  return emitCode(module, **machine, CodeGenFileType::ObjectFile, out);
}

Error emitPart(MemoryBufferRef bitcode, const EmitOptions &options, Part &part, bool isFirst) {
  LLVMContext context;
  Expected<std::unique_ptr<Module>> module = getLazyBitcodeModule(bitcode, context);
  if (!module)
    return module.takeError();
  for (Function &function : **module)
    if (!function.isDeclaration() && !part.functions.contains(function.getName()))
      function.deleteBody();
  if (Error error = (*module)->materializeAll())
    return error;
  for (GlobalVariable &global : (*module)->globals())
    if (!isFirst && !global.hasLocalLinkage())
      global.setInitializer(nullptr);
  return emitObject(**module, options, part.object);
}

Error emitParts(Module &module, const EmitOptions &options, MutableArrayRef<Part> parts) {
  for (Function &function : module)
    if (function.hasLocalLinkage()) {
      function.setLinkage(GlobalValue::ExternalLinkage);
      function.setVisibility(GlobalValue::HiddenVisibility);
    }
  ObjectCode bitcode;
  raw_svector_ostream out(bitcode);
  // Instruction selection goes by the order of uses: with it the code is the very code that --emit=asm prints.
  WriteBitcodeToFile(module, out, /*ShouldPreserveUseListOrder=*/true);
  const MemoryBufferRef whole(StringRef(bitcode.data(), bitcode.size()), module.getModuleIdentifier());

  SmallVector<Part *> largestFirst(llvm::make_pointer_range(parts));
  llvm::stable_sort(largestFirst, [](Part *a, Part *b) { return a->instructions > b->instructions; });
  std::mutex mutex;
  Error errors = Error::success();
  DefaultThreadPool pool(hardware_concurrency(options.threads));
  for (Part *part : largestFirst)
    pool.async([&, part] {
      if (Error error = emitPart(whole, options, *part, part == parts.begin())) {
        std::lock_guard<std::mutex> lock(mutex);
        errors = joinErrors(std::move(errors), std::move(error));
      }
    });
  pool.wait();
  return errors;
}

} // namespace

Expected<std::vector<ObjectCode>> emitObjects(Module &module, const EmitOptions &options) {
  std::vector<Part> parts = cut(module);
  if (Error error =
          parts.size() == 1 ? emitObject(module, options, parts.front().object) : emitParts(module, options, parts))
    return std::move(error);
  std::vector<ObjectCode> objects(parts.size());
  for (auto [object, part] : llvm::zip(objects, parts))
    object = std::move(part.object);
  return objects;
}

} // namespace mixc
