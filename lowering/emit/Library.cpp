// A shared library: kernels, descriptors and entry points as objects, linked with the runtime; and its header beside
// it.
#include "lowering/emit/Library.h"
#include "lowering/emit/Descriptor.h"
#include "lowering/emit/Link.h"
#include "lowering/emit/Object.h"
#include "lowering/emit/Parts.h"
#include "lowering/emit/PendingFile.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace mixc {

Error emitLibrary(mlir::ModuleOp module, ArrayRef<MixerInterface> mixers, const EmitOptions &options, StringRef path) {
  SmallString<128> headerPath = path;
  sys::path::replace_extension(headerPath, "h");
  if (headerPath == path)
    return createStringError("cannot write `" + path.str() + "`: its header would have the same name");
  PendingFile library(path), header(headerPath);
  if (Error error = library.create())
    return error;
  if (Error error = header.create())
    return error;

  Expected<std::unique_ptr<TargetMachine>> machine = createMachine(options);
  if (!machine)
    return machine.takeError();
  LLVMContext context;
  Expected<std::unique_ptr<Module>> translated = translate(module, context, options);
  if (!translated)
    return translated.takeError();
  if (Error error =
          addEntryPoints(**translated, mixers, {(*machine)->getTargetCPU().str(), requiredFeatures(**machine)}))
    return error;
  retarget(**translated, **machine); // the entry points too

  Expected<std::vector<ObjectCode>> objects = emitObjects(**translated, options);
  if (!objects)
    return objects.takeError();
  if (Error error = linkLibrary(*objects, sys::path::filename(path), library.name()))
    return error;
  if (Error error = header.write(printHeader(mixers, sys::path::stem(path))))
    return error;
  // The header first: whoever waits for the library finds both.
  if (Error error = header.commit())
    return error;
  return library.commit();
}

} // namespace mixc
