#pragma once

#include <string>
#include <vector>

namespace reprise::app {

// Where the program was started, which a reload goes back to.
struct Origin {
  std::vector<std::string> arguments;
  std::string directory;
  std::string binary;
};

Origin find_origin(const std::vector<std::string>& arguments);

// As seen from there; an empty path stays.
std::string absolute(const std::string& path, const Origin& origin);

}  // namespace reprise::app
