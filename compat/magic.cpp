#include "compat/magic.hpp"

#include <grp.h>
#include <pwd.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <vector>

#include <fmt/format.h>

#include "compat/load.hpp"

namespace reprise::compat {
namespace {

std::string_view last_component(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// With its '/' at the end.
std::string_view directory_of(std::string_view path) {
  return path.substr(0, path.rfind('/') + 1);
}

std::string component(std::string_view directory, std::size_t wanted) {
  std::size_t begin = directory.starts_with('/') ? 1 : 0;
  for (std::size_t i = 0; begin < directory.size(); ++i) {
    const std::size_t end = std::min(directory.find('/', begin), directory.size());
    if (i == wanted) return std::string(directory.substr(begin, end - begin));
    begin = end + 1;
  }
  return {};
}

// The path's hash as uWSGI prints it: 32 bits, their bytes from the lowest to the highest.
std::string hash_of(std::string_view path) {
  std::uint32_t hash = 5381;
  for (const char c : path)
    hash = hash * 33 ^ static_cast<unsigned char>(c);
  return fmt::format("{:02X}{:02X}{:02X}{:02X}", hash & 0xFF, hash >> 8 & 0xFF, hash >> 16 & 0xFF,
                     hash >> 24);
}

std::string file_value(const MagicFile& file, char variable) {
  const std::string_view name = last_component(file.path);
  const std::string_view directory = directory_of(file.path);
  const std::size_t dot = name.rfind('.');
  switch (variable) {
    case 'o':
      return file.argument;
    case 'p':
      return file.path;
    case 's':
      return std::string(name);
    case 'n':
      return std::string(name.substr(0, dot));
    case 'e':
      return dot == std::string_view::npos ? "" : std::string(name.substr(dot + 1));
    case 'd':
      return std::string(directory);
    case 'c':
      return directory.empty()
                 ? ""
                 : std::string(last_component(directory.substr(0, directory.size() - 1)));
    case 'x':
      return file.section;
    case 'i':
      return file.inode;
    case 'j':
      return file.path.empty() ? "" : hash_of(file.path);
    default:
      return {};
  }
}

}  // namespace

MagicFacts MagicFacts::of_this_process() {
  MagicFacts facts;
  std::error_code ignored;
  facts.binary = std::filesystem::read_symlink("/proc/self/exe", ignored).string();
  facts.directory = std::filesystem::current_path(ignored).string();
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) == 0) facts.host_name = host.data();
  facts.version = compat::version;
  timeval now{};
  ::gettimeofday(&now, nullptr);
  facts.start_seconds = std::to_string(now.tv_sec);
  facts.start_microseconds = std::to_string(now.tv_sec * 1'000'000LL + now.tv_usec);
  facts.processors = std::to_string(::sysconf(_SC_NPROCESSORS_ONLN));
  facts.uid = facts.user = std::to_string(::getuid());
  facts.gid = facts.group = std::to_string(::getgid());
  if (const passwd* entry = ::getpwuid(::getuid())) facts.user = entry->pw_name;
  if (const struct ::group* entry = ::getgrgid(::getgid())) facts.group = entry->gr_name;
  return facts;
}

MagicVariables::MagicVariables(const MagicFacts& facts, MagicFile file,
                               std::optional<MagicFile> first_file)
    : facts_(facts), file_(std::move(file)), first_file_(std::move(first_file)) {}

std::string MagicVariables::value_of(char variable) const {
  if (variable >= '0' && variable <= '9') {
    return component(directory_of(file_.path), static_cast<std::size_t>(variable - '0'));
  }
  switch (variable) {
    case '%':
      return "%";
    case '(':
      return "%(";
    case '[':
      return "\x1b";
    case 'b':
      return facts_.binary;
    case 'v':
      return facts_.directory;
    case 'V':
      return facts_.version;
    case 'h':
      return facts_.host_name;
    case 't':
      return facts_.start_seconds;
    case 'T':
      return facts_.start_microseconds;
    case 'k':
      return facts_.processors;
    case 'u':
      return facts_.uid;
    case 'g':
      return facts_.gid;
    case 'U':
      return facts_.user;
    case 'G':
      return facts_.group;
    default:
      break;
  }
  const bool of_first = variable >= 'A' && variable <= 'Z';
  if (!of_first) return file_value(file_, variable);
  if (!first_file_) return {};
  return file_value(*first_file_, static_cast<char>(variable - 'A' + 'a'));
}

std::string MagicVariables::expand(std::string_view text) const {
  std::string expanded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size() || text[i + 1] == '\n' || text[i + 1] == '\r') {
      expanded += text[i];
    } else {
      expanded += value_of(text[++i]);
    }
  }
  return expanded;
}

}  // namespace reprise::compat
