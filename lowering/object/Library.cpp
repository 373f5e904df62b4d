// A shared library: kernels, descriptors and entry points as objects, linked with the runtime; and its header beside
// it.
#include "lowering/object/Library.h"
#include "lowering/emit/Descriptor.h"
#include "lowering/object/Link.h"
#include "lowering/object/Object.h"
#include "lowering/object/Parts.h"
#include "lowering/object/PendingFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

static Expected<ObjectCode> build(mlir::ModuleOp module, ArrayRef<MixerInterface> mixers, const EmitOptions &options,
                                  StringRef name) {
  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(options);
  if (!machine)
    return machine.takeError();
  LLVMContext context;
  Expected<std::unique_ptr<Module>> translated = translate(module, context, options);
  if (!translated)
    return translated.takeError();
  if (Error error =
          addEntryPoints(**translated, mixers, {(*machine)->getTargetCPU().str(), requiredFeatures(**machine)}))
    return std::move(error);
  retarget(**translated, **machine); // the entry points too
  Expected<std::vector<ObjectCode>> objects = emitObjects(**translated, options);
  if (!objects)
    return objects.takeError();
  return linkLibrary(*objects, name);
}

std::string headerPathOf(StringRef library) {
  StringRef name = sys::path::filename(library);
  const size_t version = name.find(".so.");
  SmallString<128> path = library;
  if (version != StringRef::npos && version > 0)
    path.truncate(library.size() - name.size() + version + 3);
  sys::path::replace_extension(path, "h");
  return path.str().str();
}

Expected<LibraryImage> emitImage(mlir::ModuleOp module, ArrayRef<MixerInterface> mixers, const EmitOptions &options,
                                 StringRef path) {
  Expected<ObjectCode> code = build(module, mixers, options, sys::path::filename(path));
  if (!code)
    return code.takeError();
  return LibraryImage{std::move(*code), printHeader(mixers, sys::path::stem(headerPathOf(path)))};
}

Error checkPlace(StringRef path) {
  const PendingFile library(path), header(headerPathOf(path));
  if (header.path == library.path)
    return createStringError("cannot write `" + path.str() + "`: its header would have the same name");
  for (const PendingFile *file : {&library, &header})
    if (Error error = file->check())
      return error;
  return Error::success();
}

Error writeImage(const LibraryImage &image, StringRef path) {
  PendingFile library(path), header(headerPathOf(path));
  if (Error error = library.write(StringRef(image.code.data(), image.code.size()), /*isExecutable=*/true))
    return error;
  if (Error error = header.write(image.header))
    return error;
  return commitTogether(header, library);
}

Error emitLibrary(mlir::ModuleOp module, ArrayRef<MixerInterface> mixers, const EmitOptions &options, StringRef path) {
  if (Error error = checkPlace(path))
    return error;
  Expected<LibraryImage> image = emitImage(module, mixers, options, path);
  return image ? writeImage(*image, path) : image.takeError();
}

Expected<MemoryFile> emitInMemory(mlir::ModuleOp module, ArrayRef<MixerInterface> mixers, const EmitOptions &options) {
  Expected<ObjectCode> code = build(module, mixers, options, "libmixers.so");
  if (!code)
    return code.takeError();
  return MemoryFile::create("mixc-kernels", StringRef(code->data(), code->size()));
}

} // namespace mixc
