#include "application/static_files.hpp"

#include <fcntl.h>
#include <limits.h>
#include <locale.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

namespace reprise::application {
namespace {

constexpr char system_types[] = "/etc/mime.types";
constexpr char date_format[] = "%a, %d %b %Y %H:%M:%S GMT";  // RFC 9110 5.6.7

// Dates have English names whatever locale an application sets.
locale_t plain_locale() {
  static const locale_t locale = ::newlocale(LC_ALL_MASK, "C", nullptr);
  return locale;
}

std::string date_of(std::int64_t unix_time) {
  const time_t time = unix_time;
  tm parts{};
  ::gmtime_r(&time, &parts);
  std::array<char, 64> text{};
  ::strftime_l(text.data(), text.size(), date_format, &parts, plain_locale());
  return text.data();
}

std::optional<std::int64_t> read_date(std::string_view text) {
  const std::string whole(text);
  tm parts{};
  const char* end = ::strptime_l(whole.c_str(), date_format, &parts, plain_locale());
  if (end == nullptr || *end != '\0') return std::nullopt;
  return ::timegm(&parts);
}

// Without links and dots; nothing if there is no such file.
std::optional<std::string> resolve(const std::string& path) {
  std::array<char, PATH_MAX> room;
  if (::realpath(path.c_str(), room.data()) == nullptr) return std::nullopt;
  return std::string(room.data());
}

bool is_within(const std::string& path, const std::string& root) {
  if (!path.starts_with(root)) return false;
  return path.size() == root.size() || root.ends_with('/') || path[root.size()] == '/';
}

// What of a path stands behind a prefix that ends where a name does.
std::optional<std::string_view> behind(std::string_view path, std::string_view prefix) {
  if (!path.starts_with(prefix)) return std::nullopt;
  const std::string_view rest = path.substr(prefix.size());
  if (!rest.empty() && !prefix.ends_with('/') && rest.front() != '/') return std::nullopt;
  return rest;
}

std::string joined(const std::string& directory, std::string_view rest) {
  if (rest.empty()) return directory;
  return directory + (rest.front() == '/' ? "" : "/") + std::string(rest);
}

std::string in_small_letters(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

FileTypes::FileTypes(const std::vector<std::string>& files) {
  for (const std::string& name : files) {
    std::ifstream file(name);
    for (std::string line; std::getline(file, line);) {
      std::istringstream words(line.substr(0, line.find('#')));
      std::string type, ending;
      words >> type;
      while (words >> ending)
        types_[in_small_letters(ending)] = type;
    }
  }
}

std::string_view FileTypes::of(std::string_view path) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos) return {};
  const auto found = types_.find(in_small_letters(name.substr(dot + 1)));
  return found == types_.end() ? std::string_view() : std::string_view(found->second);
}

StaticFiles::StaticFiles(const StaticSettings& settings)
    : settings_(settings), types_([&] {
        std::vector<std::string> files{system_types};
        files.insert(files.end(), settings.type_files.begin(), settings.type_files.end());
        return FileTypes(files);
      }()) {}

bool StaticFiles::serve(ServedRequest& request) const {
  const std::string_view method = request.variable("REQUEST_METHOD");
  if (method != "GET" && method != "HEAD") return false;
  const std::string_view path = request.variable("PATH_INFO");
  // What ends a name for the system would make another file of it.
  if (path.empty() || path.find('\0') != std::string_view::npos) return false;
  const auto file = find(path);
  if (file) send(request, *file);
  return file.has_value();
}

std::optional<StaticFiles::File> StaticFiles::find(std::string_view path) const {
  for (const std::string& directory : settings_.directories) {
    if (auto file = look(directory, joined(directory, path))) return file;
  }
  for (const StaticSettings::Mapping& mapping : settings_.mappings) {
    const auto rest = behind(path, mapping.prefix);
    if (!rest) continue;
    auto file = look(mapping.target, joined(mapping.target, mapping.with_prefix ? path : *rest));
    if (file) return file;
  }
  return std::nullopt;
}

// By what was asked for, and by the file itself: an index, or where a link leads.
bool StaticFiles::is_left_out(const std::string& path) const {
  return std::any_of(settings_.left_out.begin(), settings_.left_out.end(),
                     [&](const std::string& ending) { return path.ends_with(ending); });
}

// The file, or an index of the directory.
std::optional<StaticFiles::File> StaticFiles::look(const std::string& root,
                                                   std::string path) const {
  if (is_left_out(path)) return std::nullopt;
  const auto real_root = resolve(root);
  if (!real_root) return std::nullopt;
  if (auto file = open(*real_root, path)) return file;
  for (const std::string& index : settings_.indexes) {
    if (auto file = open(*real_root, joined(path, index))) return file;
  }
  return std::nullopt;
}

// Links are followed, but not out of the root.
bool StaticFiles::may_serve(const std::string& root, const std::string& path) const {
  if (is_within(path, root)) return true;
  return std::any_of(settings_.safe.begin(), settings_.safe.end(), [&](const std::string& safe) {
    const auto real = resolve(safe);
    return real && is_within(path, *real);
  });
}

std::optional<StaticFiles::File> StaticFiles::open(const std::string& root,
                                                   const std::string& path) const {
  const auto real = resolve(path);
  if (!real || !may_serve(root, *real) || is_left_out(*real)) return std::nullopt;
  File file;
  file.path = *real;
  // Without waiting for whoever opens the other end of a fifo.
  file.fd = UniqueFd(::open(real->c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat facts {};
  if (!file.fd || ::fstat(file.fd.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) {
    return std::nullopt;
  }
  file.size = static_cast<std::uint64_t>(facts.st_size);
  file.changed = facts.st_mtime;
  return file;
}

void StaticFiles::send(ServedRequest& request, const File& file) const {
  const auto known = read_date(request.variable("HTTP_IF_MODIFIED_SINCE"));
  const std::string changed = fmt::format("Last-Modified: {}\r\n", date_of(file.changed));
  if (known && file.changed <= *known) {
    request.start_answer(304, "304 Not Modified", changed, 1);
    request.write({});
    return;
  }
  const std::string_view type = types_.of(file.path);
  std::string fields;
  if (!type.empty()) fields = fmt::format("Content-Type: {}\r\n", type);
  fields += fmt::format("Content-Length: {}\r\n", file.size) + changed;
  request.start_answer(200, "200 OK", fields, type.empty() ? 2 : 3);
  request.send_file(file.fd.get(), 0, file.size);
}

}  // namespace reprise::application
