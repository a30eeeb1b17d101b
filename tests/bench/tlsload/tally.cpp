#include "tlsload/tally.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include <fmt/format.h>

namespace reprise::bench {
namespace {

constexpr std::uint64_t too_many_errors = 100;

// The smallest value that `fraction` of them do not exceed.
double percentile(std::vector<double>& values, double fraction) {
  if (values.empty()) return 0;
  const double rank = std::ceil(fraction * static_cast<double>(values.size()));
  const auto nth = values.begin() +
                   std::max(static_cast<std::ptrdiff_t>(rank) - 1, static_cast<std::ptrdiff_t>(0));
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

std::string quoted(std::string text) {
  for (char& c : text)
    if (c == '"' || c == '\\' || static_cast<unsigned char>(c) < ' ') c = '\'';
  return '"' + text + '"';
}

}  // namespace

void Tally::complete(std::chrono::steady_clock::time_point started_at) {
  ++operations;
  const std::chrono::duration<double, std::micro> taken =
      std::chrono::steady_clock::now() - started_at;
  microseconds.push_back(taken.count());
}

void Tally::fail(const std::string& error) {
  if (errors == 0) first_error = error;
  if (++errors > too_many_errors) throw std::runtime_error("too many errors: " + first_error);
}

std::string Tally::json() const {
  std::vector<double> sorted = microseconds;
  return fmt::format(
      R"({{"operations": {}, "resumed": {}, "retries": {}, "errors": {}, "first_error": {}, )"
      R"("p50_us": {:.1f}, "p99_us": {:.1f}}})",
      operations, resumed, retries, errors, quoted(first_error), percentile(sorted, 0.5),
      percentile(sorted, 0.99));
}

}  // namespace reprise::bench
