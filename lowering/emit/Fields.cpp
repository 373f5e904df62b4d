#include "lowering/emit/Fields.h"
#include "runtime/abi.h"

using namespace llvm;

namespace mixc {
namespace {

int kindOf(tile::Entry entry) {
  return entry == tile::Entry::Forward ? MIXRT_FORWARD : entry == tile::Entry::Decode ? MIXRT_DECODE : MIXRT_BACKWARD;
}

struct Tables {
  std::vector<ArgumentField> leading[3], trailing[3]; // by mixrt_entry_kind

  Tables() {
#define FIELD(id, name, type, entries, comment) add(leading, entries, {name, type, comment});
    MIXRT_LEADING(FIELD)
#undef FIELD
#define FIELD(id, name, type, entries, comment) add(trailing, entries, {name, type, comment});
    MIXRT_TRAILING(FIELD)
#undef FIELD
  }

private:
  static void add(std::vector<ArgumentField> (&lists)[3], int entries, const ArgumentField &field) {
    for (int kind = 0; kind < 3; ++kind)
      if (entries >> kind & 1)
        lists[kind].push_back(field);
  }
};

const Tables &tables() {
  static const Tables all;
  return all;
}

} // namespace

ArrayRef<ArgumentField> leadingFields(tile::Entry kind) { return tables().leading[kindOf(kind)]; }
ArrayRef<ArgumentField> trailingFields(tile::Entry kind) { return tables().trailing[kindOf(kind)]; }

std::vector<StringRef> namesOfFields(tile::Entry kind) {
  std::vector<StringRef> names;
  for (ArrayRef<ArgumentField> fields : {leadingFields(kind), trailingFields(kind)})
    for (const ArgumentField &field : fields)
      names.push_back(field.name);
  return names;
}

std::optional<unsigned> slotOf(tile::Entry kind, unsigned slots, StringRef name) {
  unsigned slot = 0;
  for (const ArgumentField &field : leadingFields(kind)) {
    if (field.name == name)
      return slot;
    ++slot;
  }
  slot = slots - trailingFields(kind).size();
  for (const ArgumentField &field : trailingFields(kind)) {
    if (field.name == name)
      return slot;
    ++slot;
  }
  return std::nullopt;
}

} // namespace mixc
