// The client of the benchmark: one process, OpenSSL on epoll, the same work for every server. See
// options.hpp for what it can do and phases.hpp for how it is driven.

#include <csignal>
#include <exception>

#include <fmt/format.h>

#include "tlsload/options.hpp"
#include "tlsload/scenarios.hpp"

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  try {
    reprise::bench::run_scenario(reprise::bench::read_options(argc, argv));
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_tlsload: {}\n", error.what());
    return 1;
  }
}
