#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace reprise::bench {

// `--name value` pairs. Every value that a program knows is taken once; what is left over is a
// mistake of the caller, and `finish` says so.
class Arguments {
public:
  // Throws std::invalid_argument if the arguments are not pairs.
  Arguments(int argc, char** argv);

  std::string text(const std::string& name, std::string fallback);
  std::string required(const std::string& name);
  // Throws std::invalid_argument unless it is a whole number in [minimum, maximum].
  std::uint64_t number(const std::string& name, std::uint64_t fallback, std::uint64_t minimum,
                       std::uint64_t maximum);
  // Throws std::invalid_argument if a name was never asked for.
  void finish() const;

private:
  std::map<std::string, std::string> values_;
};

}  // namespace reprise::bench
