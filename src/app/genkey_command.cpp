#include "app/genkey_command.hpp"

#include <cstdio>
#include <exception>

#include <fmt/format.h>

#include "seal/secrets.hpp"

namespace reprise::app {

bool is_genkey_command(const std::vector<std::string>& arguments) {
  return arguments.size() > 1 && arguments[1] == "genkey";
}

int run_genkey_command(const std::vector<std::string>& arguments) {
  const bool adds = arguments.size() > 2 && arguments[2] == "--add";
  const std::size_t path = adds ? 3 : 2;
  if (arguments.size() != path + 1 || arguments[path].starts_with("-")) {
    fmt::print(stderr,
               "Usage: reprise genkey FILE        makes a file with a secret, mode 0600\n"
               "       reprise genkey --add FILE  puts another secret last into it\n");
    return 2;
  }
  try {
    if (adds) {
      seal::add_secret(arguments[path]);
    } else {
      seal::write_secret(arguments[path]);
    }
    return 0;
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}\n", failure.what());
    return 1;
  }
}

}  // namespace reprise::app
