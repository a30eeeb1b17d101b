#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "application/served_request.hpp"
#include "application/settings.hpp"
#include "base/unique_fd.hpp"

namespace reprise::application {

// The types of files, by what stands behind the last dot of their names (mime.types(5)).
class FileTypes {
public:
  // Files that are not there are left out.
  explicit FileTypes(const std::vector<std::string>& files);

  // Empty if it is not known.
  std::string_view of(std::string_view path) const;
  bool empty() const { return types_.empty(); }

private:
  std::map<std::string, std::string, std::less<>> types_;
};

// Answers GET and HEAD with files, in the applications' place.
class StaticFiles {
public:
  // `settings` outlive this.
  explicit StaticFiles(const StaticSettings& settings);

  bool knows_types() const { return !types_.empty(); }

  // False: nothing was sent, the request is for the application.
  bool serve(ServedRequest& request) const;

private:
  struct File {
    std::string path;
    UniqueFd fd;
    std::uint64_t size = 0;
    std::int64_t changed = 0;  // Unix time
  };
  std::optional<File> find(std::string_view path) const;
  std::optional<File> look(const std::string& root, std::string path) const;
  std::optional<File> open(const std::string& root, const std::string& path) const;
  bool is_left_out(const std::string& path) const;
  bool may_serve(const std::string& root, const std::string& path) const;
  void send(ServedRequest& request, const File& file) const;

  const StaticSettings& settings_;
  FileTypes types_;
};

}  // namespace reprise::application
