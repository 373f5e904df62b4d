#include "frontend/compile/Memory.h"
#include "frontend/compile/Failure.h"
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace llvm;

namespace mixc {

static double pageBytes() { return static_cast<double>(sysconf(_SC_PAGESIZE)); }

double memoryInReach() {
  double bytes = static_cast<double>(sysconf(_SC_PHYS_PAGES)) * pageBytes();
  for (auto what : {RLIMIT_AS, RLIMIT_DATA}) {
    rlimit limit;
    if (getrlimit(what, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
      bytes = std::min(bytes, static_cast<double>(limit.rlim_cur));
  }
  return bytes;
}

std::string spellBytes(double bytes) {
  static constexpr const char *units[] = {"B", "KB", "MB", "GB", "TB", "PB", "EB"};
  unsigned unit = 0;
  for (; bytes >= 1024 && unit < 6; ++unit)
    bytes /= 1024;
  return fmt::format("{:.{}f} {}", bytes, unit && bytes < 10 && bytes != uint64_t(bytes) ? 1 : 0, units[unit]);
}

Error needMemory(double bytes, const std::string &what, const std::string &help) {
  const double reach = memoryInReach();
  if (bytes <= reach)
    return Error::success();
  return resourceError(
      fmt::format("{} takes {} of memory, and {} is all there is", what, spellBytes(bytes), spellBytes(reach)), help);
}

} // namespace mixc
