#pragma once

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/log.hpp"
#include "tls/site.hpp"

namespace reprise::tls {

// `sni-dir`: NAME.crt, NAME.key and, if client certificates are demanded, NAME.ca, loaded when the
// name is first asked for and again when the files have changed.
class SniDirectory {
public:
  explicit SniDirectory(const SniSettings& settings);

  // Null if there are no such files or they cannot be used, and for every name that is not made of
  // letters, digits, '-', '_' and inner dots: a name is never a path.
  std::shared_ptr<const Site> find(const std::string& name);

private:
  // What a file was when it was looked at; all zero if there is none.
  struct Stamp {
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    bool operator==(const Stamp&) const = default;
  };
  using Stamps = std::array<Stamp, 3>;  // certificate, key, client CA

  struct Entry {
    std::shared_ptr<const Site> site;  // null: could not be used
    Stamps stamps{};
    std::chrono::steady_clock::time_point looked_at{};
  };

  static bool is_name(const std::string& name);
  static Stamp stamp(const std::string& file);
  Stamps stamps(const std::string& name) const;
  std::string file(const std::string& name, const char* suffix) const;
  std::shared_ptr<const Site> load(const std::string& name, bool asks_for_certificate);

  std::string directory_;
  std::string ciphers_;
  Policy policy_;
  std::unordered_map<std::string, Entry> entries_;  // of files that exist, so no larger than those
  log::RateLimit failures_;
};

}  // namespace reprise::tls
