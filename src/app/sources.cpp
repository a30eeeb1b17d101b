#include "app/sources.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace reprise::app {
namespace {

constexpr char kind[] = "sources";

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

Sources::Sources() : memory_(::memfd_create("reprise-sources", MFD_CLOEXEC)) {
  if (!memory_) fail("memfd_create()");
}

void Sources::keep(std::string_view encoded) const {
  if (::ftruncate(memory_.get(), 0) != 0) fail("ftruncate()");
  for (std::size_t at = 0; at < encoded.size();) {
    const ssize_t n =
        ::pwrite(memory_.get(), encoded.data() + at, encoded.size() - at, static_cast<off_t>(at));
    if (n <= 0) fail("pwrite()");
    at += static_cast<std::size_t>(n);
  }
}

void Sources::hand_over(process::Handover& handover) const {
  handover.add(kind, kind, memory_.get());
}

std::string Sources::take(process::Handover& inherited) {
  const auto memory = inherited.take(kind, kind);
  struct stat status {};
  if (!memory || ::fstat(memory->get(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  std::string text(static_cast<std::size_t>(status.st_size), '\0');
  const ssize_t n = ::pread(memory->get(), text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

}  // namespace reprise::app
