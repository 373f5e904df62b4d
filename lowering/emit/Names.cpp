// C identifiers for the names of a mixer. Only fields of structs stand alone; whatever else the header declares ends in
// `_forward`, `_args` and the like, which no standard header does.
//
// What a field may not be called goes by shape as far as it can: macros are in capitals, and what begins with an
// underscore is the implementation's. The rest are lists: keywords, and the lower-case names that standard headers
// define as macros (those that take arguments do no harm to a field). A test holds all of it against the headers of the
// machine.
#include "lowering/emit/Names.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace mixc {

// C23 and C++26, and what compilers predefine in their GNU modes.
static constexpr StringLiteral keywords =
    "auto break case char const continue default do double else enum extern float for goto if inline int "
    "long register restrict return short signed sizeof static struct switch typedef union unsigned void "
    "volatile while alignas alignof and and_eq asm bitand bitor bool catch char8_t char16_t char32_t "
    "class compl concept consteval constexpr constinit const_cast contract_assert co_await co_return co_yield "
    "decltype delete dynamic_cast explicit export false friend mutable namespace new noexcept not not_eq nullptr "
    "operator or or_eq private protected public reinterpret_cast requires static_assert static_cast "
    "template this thread_local throw true try typeid typename typeof typeof_unqual using virtual wchar_t xor "
    "xor_eq linux unix i386";

// Macros of ISO C and POSIX that are not capitals alone, or so few of them that a mixer may have such a name.
static constexpr StringLiteral macros =
    "B0 HZ I M_E L_ctermid L_cuserid L_tmpnam P_tmpdir basename complex d_fileno d_ino errno h_addr h_errno imaginary "
    "ifa_broadaddr ifa_dstaddr ifc_buf ifc_req ifr_addr ifr_bandwidth ifr_broadaddr ifr_data ifr_dstaddr ifr_flags "
    "ifr_hwaddr ifr_ifindex ifr_map ifr_metric ifr_mtu ifr_name ifr_netmask ifr_newname ifr_qlen ifr_slave loff_t "
    "math_errhandling msg_cbytes noreturn s6_addr s6_addr16 s6_addr32 sa_handler sa_sigaction sched_priority "
    "sigev_notify_attributes sigev_notify_function st_atime st_ctime st_mtime stderr stdin stdout strdupa strndupa "
    "tm_gmtoff tm_zone";

// Beginnings of families of them.
static constexpr StringLiteral families = "AF_ PF_ PRI SCN SYS_ atomic_ si_";

// A field may not hide a type that the struct's other fields have.
static constexpr StringLiteral types =
    "size_t int32_t int64_t uint16_t mix_bf16 mix_error mix_f16 mix_parallel_for mix_strides mix_status";

static StringSet<> setOf(ArrayRef<StringRef> lists) {
  StringSet<> set;
  for (StringRef list : lists) {
    SmallVector<StringRef> words;
    list.split(words, ' ');
    set.insert(words.begin(), words.end());
  }
  return set;
}

/// `EOF`, `INT_MAX`, `E2BIG`; not `W_Q`, `A1`.
static bool isShapedLikeAMacro(StringRef name) {
  return count_if(name, isAlnum) >= 3 && none_of(name, [](char c) { return isLower(c); });
}

bool isReserved(StringRef name) {
  static const StringSet<> words = setOf({keywords, macros, types});
  static const StringSet<> beginnings = setOf(families);
  auto isOfFamily = [&](const auto &family) { return name.starts_with(family.getKey()); };
  const bool isConstantOfMath = name.starts_with("M_") && name.size() > 2 && (isUpper(name[2]) || isDigit(name[2]));
  return name.starts_with("_") || name.ends_with("_FINGERPRINT") /* our own macro */ || isShapedLikeAMacro(name) ||
         isConstantOfMath || words.contains(name) || any_of(beginnings, isOfFamily);
}

std::string identifier(StringRef name) {
  std::string text;
  for (char c : name)
    text += isAlnum(c) ? c : '_';
  if (text.empty() || isDigit(text[0]))
    text = "_" + text;
  return text;
}

FieldNames::FieldNames(ArrayRef<StringRef> taken) {
  this->taken.insert(taken.begin(), taken.end());
  this->taken.insert("reserved"); // after them
}

std::string FieldNames::choose(StringRef name) {
  std::string field = identifier(name);
  if (isReserved(field))
    field += "_";
  while (!taken.insert(field).second)
    field += "_";
  return field;
}

} // namespace mixc
