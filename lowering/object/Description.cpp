#include "lowering/object/Description.h"
#include "llvm/Object/ELFObjectFile.h"

using namespace llvm;

namespace mixc {

static Expected<StringRef> textOf(const object::ELFSymbolRef &symbol) {
  Expected<object::section_iterator> section = symbol.getSection();
  if (!section)
    return section.takeError();
  Expected<uint64_t> address = symbol.getAddress();
  if (!address)
    return address.takeError();
  Expected<StringRef> contents = (*section)->getContents();
  if (!contents)
    return contents.takeError();
  const uint64_t first = *address - (*section)->getAddress(), size = symbol.getSize();
  if (first > contents->size() || size > contents->size() - first)
    return createStringError("it lies outside its section");
  return contents->substr(first, size).rtrim('\0');
}

Expected<StringRef> descriptionIn(MemoryBufferRef library) {
  Expected<std::unique_ptr<object::ObjectFile>> file = object::ObjectFile::createObjectFile(library);
  if (!file)
    return file.takeError();
  const auto *elf = dyn_cast<object::ELFObjectFileBase>(file->get());
  if (!elf)
    return createStringError("it is no ELF file");
  for (const object::ELFSymbolRef symbol : elf->getDynamicSymbolIterators()) {
    Expected<StringRef> name = symbol.getName();
    if (!name)
      return name.takeError();
    if (*name == "mix_description" && symbol.getSize())
      return textOf(symbol);
  }
  return createStringError("there is no such symbol");
}

} // namespace mixc
