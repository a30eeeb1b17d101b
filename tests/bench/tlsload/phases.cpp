#include "tlsload/phases.hpp"

#include <cstdio>
#include <cstdlib>

#include <fmt/format.h>

namespace reprise::bench {
namespace {

void say(const std::string& line) {
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

void wait_for_line() {
  for (int c = std::getchar(); c != '\n'; c = std::getchar())
    if (c == EOF) std::exit(1);
}

}  // namespace

void say_ready(const Tally& warm_up, std::size_t sessions) {
  say(fmt::format(R"({{"ready": {}, "sessions": {}}})", warm_up.json(), sessions));
  wait_for_line();
}

void report(const Tally& measured) {
  say(measured.json());
  wait_for_line();
}

}  // namespace reprise::bench
