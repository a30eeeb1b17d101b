#include "app/origin.hpp"

#include <filesystem>

namespace reprise::app {

Origin find_origin(const std::vector<std::string>& arguments) {
  std::error_code ignored;
  Origin origin;
  origin.arguments = arguments;
  origin.directory = std::filesystem::current_path(ignored).string();
  origin.binary = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  return origin;
}

std::string absolute(const std::string& path, const Origin& origin) {
  if (path.empty()) return path;
  return (std::filesystem::path(origin.directory) / path).string();
}

}  // namespace reprise::app
