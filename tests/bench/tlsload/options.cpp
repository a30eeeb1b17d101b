#include "tlsload/options.hpp"

#include <map>
#include <stdexcept>
#include <string>

#include <openssl/ssl.h>

#include "common/arguments.hpp"
#include "common/sockets.hpp"

namespace reprise::bench {
namespace {

constexpr std::uint64_t many = 10'000'000;
constexpr std::uint64_t tebibyte = std::uint64_t{1} << 40;

template <class Value>
Value choose(Arguments& arguments, const std::string& name, const std::string& fallback,
             const std::map<std::string, Value>& choices) {
  const std::string text = arguments.text(name, fallback);
  const auto found = choices.find(text);
  if (found == choices.end()) throw std::invalid_argument("--" + name + " cannot be " + text);
  return found->second;
}

}  // namespace

Options read_options(int argc, char** argv) {
  Arguments arguments(argc, argv);
  Options options{
      .target = parse_address(arguments.required("target")),
      .scenario = choose<Scenario>(arguments, "scenario", "full",
                                   {{"full", Scenario::full},
                                    {"resumed", Scenario::resumed},
                                    {"exchange", Scenario::exchange},
                                    {"request", Scenario::request},
                                    {"websocket", Scenario::websocket},
                                    {"idle", Scenario::idle},
                                    {"knock", Scenario::knock}}),
      .tls_version = choose<int>(arguments, "tls", "any",
                                 {{"any", 0}, {"1.2", TLS1_2_VERSION}, {"1.3", TLS1_3_VERSION}}),
      .pinned = choose<bool>(arguments, "client", "pinned", {{"pinned", true}, {"default", false}}),
      .operations = arguments.number("operations", 1000, 1, many),
      .concurrency = arguments.number("concurrency", 16, 1, 10'000),
      .warm_up = arguments.number("warm-up", 32, 0, many),
      .sessions = arguments.number("sessions", 64, 0, many),
      .seed_end = choose<End>(
          arguments, "seed-end", "close_notify",
          {{"close_notify", End::close_notify}, {"fin", End::fin}, {"reset", End::reset}}),
      .upload = choose<bool>(arguments, "direction", "down", {{"down", false}, {"up", true}}),
      .bytes = arguments.number("bytes", 1024, 1, tebibyte),
      .burst = arguments.number("burst", 1, 1, 1000),
      .pause_milliseconds = arguments.number("pause", 2, 0, 1000)};
  arguments.finish();
  return options;
}

}  // namespace reprise::bench
