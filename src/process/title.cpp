#include "process/title.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace reprise::process {
namespace {

// The kernel's own memory of the command line: one per process, so kept for the process.
std::span<char>& area() {
  static std::span<char> bytes;
  return bytes;
}

}  // namespace

void remember_title_area(int argc, char** argv) {
  if (argc < 1) return;
  const char* last = argv[argc - 1];
  const char* end = last + std::strlen(last) + 1;
  area() = std::span<char>(argv[0], static_cast<std::size_t>(end - argv[0]));
}

void set_title(std::string_view title) {
  std::span<char> bytes = area();
  if (bytes.empty()) return;
  const std::size_t size = std::min(title.size(), bytes.size() - 1);
  std::memcpy(bytes.data(), title.data(), size);
  std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end(), '\0');
}

}  // namespace reprise::process
