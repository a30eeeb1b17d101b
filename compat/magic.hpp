#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace reprise::compat {

// Of the process and its machine, for the magic variables.
struct MagicFacts {
  std::string binary;
  std::string directory;
  std::string host_name;
  std::string version;
  std::string start_seconds;
  std::string start_microseconds;
  std::string processors;
  std::string uid, gid, user, group;

  static MagicFacts of_this_process();
};

// A configuration file as it was named.
struct MagicFile {
  std::string argument;  // without the section
  std::string path;      // absolute
  std::string section;   // empty: the default one
  std::string inode;
};

// `%d`, `%n`, `%h` and the like (spec/config/config-language.md 6), replaced in a key or a value.
// `%(` stays for the placeholders; `%%` is '%'; a '%' at the end of a line stays, unlike in uWSGI,
// where it swallows the line's end.
class MagicVariables {
public:
  MagicVariables(const MagicFacts& facts, MagicFile file, std::optional<MagicFile> first_file);

  std::string expand(std::string_view text) const;

private:
  std::string value_of(char variable) const;

  const MagicFacts& facts_;
  MagicFile file_;
  std::optional<MagicFile> first_file_;
};

}  // namespace reprise::compat
