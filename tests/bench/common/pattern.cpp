#include "common/pattern.hpp"

#include <algorithm>
#include <random>
#include <string>

namespace reprise::bench {
namespace {

const std::string& block() {
  static const std::string bytes = [] {
    std::mt19937 noise(1);  // the same block in the client and in the backend
    std::string result(pattern_period, '\0');
    for (char& byte : result) byte = static_cast<char>(noise() & 0xff);
    return result;
  }();
  return bytes;
}

}  // namespace

std::string_view pattern_at(std::uint64_t offset, std::uint64_t limit) {
  const std::uint64_t start = offset % pattern_period;
  return std::string_view(block()).substr(start, std::min(limit, pattern_period - start));
}

bool matches_pattern(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const std::string_view expected = pattern_at(offset, bytes.size());
    if (!bytes.starts_with(expected)) return false;
    bytes.remove_prefix(expected.size());
    offset += expected.size();
  }
  return true;
}

}  // namespace reprise::bench
