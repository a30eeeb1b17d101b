#include "common/arguments.hpp"

#include <charconv>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace reprise::bench {

Arguments::Arguments(int argc, char** argv) {
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (!name.starts_with("--") || i + 1 == argc)
      throw std::invalid_argument("expected --name value, not " + std::string(name));
    values_[std::string(name.substr(2))] = argv[i + 1];
  }
}

std::string Arguments::text(const std::string& name, std::string fallback) {
  auto taken = values_.extract(name);
  return taken.empty() ? std::move(fallback) : std::move(taken.mapped());
}

std::string Arguments::required(const std::string& name) {
  auto taken = values_.extract(name);
  if (taken.empty()) throw std::invalid_argument("--" + name + " is missing");
  return std::move(taken.mapped());
}

std::uint64_t Arguments::number(const std::string& name, std::uint64_t fallback,
                                std::uint64_t minimum, std::uint64_t maximum) {
  const std::string value = text(name, std::to_string(fallback));
  const char* const end = value.data() + value.size();
  std::uint64_t result = 0;
  const auto [stop, error] = std::from_chars(value.data(), end, result);
  if (error != std::errc{} || stop != end || result < minimum || result > maximum)
    throw std::invalid_argument("--" + name + " must be a number from " + std::to_string(minimum) +
                                " to " + std::to_string(maximum));
  return result;
}

void Arguments::finish() const {
  if (!values_.empty())
    throw std::invalid_argument("unknown argument --" + values_.begin()->first);
}

}  // namespace reprise::bench
