#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/syntax_error.hpp"

namespace reprise::compat {

// A text that options came from: a file, the command line, the environment.
struct SourceText {
  SourceText(std::string of_name, std::string of_text)
      : name(std::move(of_name)), text(std::move(of_text)) {}

  std::string name;  // for messages: "setup1.ini", "command line"
  std::string text;

  // Without its end, the first being 1; empty if there is none. The lines are found at the first
  // question: each of many options may want to show its own.
  std::string_view line(std::size_t number) const;

private:
  mutable std::vector<std::size_t> begins_;
};

// Where an option stands.
struct Place {
  std::shared_ptr<const SourceText> source;
  parsers::Position key;
  parsers::Position value;

  // "setup1.ini:12:1"
  std::string short_text() const;
  // The same with `message`, the line, and a caret below the key or the value.
  std::string describe_key(std::string_view message) const;
  std::string describe_value(std::string_view message) const;
};

enum class FileKind { none, regular, directory, other };

// A file as the magic variables show it.
struct FileName {
  std::string path;  // absolute; links of directories are followed, a link at the end is not
  std::uint64_t inode = 0;
};

// What a configuration asks of the machine's files and of its resolver; tests have one that holds
// texts.
class FileReader {
public:
  virtual ~FileReader() = default;
  // The content of a file, of standard input ("-"), of a descriptor ("fd://3"), or what a command
  // says ("exec://date"). Throws std::system_error, and std::runtime_error for more than `limit`
  // bytes.
  virtual std::string read(const std::string& name, std::size_t limit) const = 0;
  // Throws std::system_error if there is no such file.
  virtual FileName find(const std::string& name) const;
  virtual FileKind kind(const std::string& name) const;
  // Sorted, directories with a '/' behind them; without a match the pattern itself.
  virtual std::vector<std::string> match(const std::string& pattern) const;
  // The IPv4 address of a host. Throws std::runtime_error with the resolver's reason.
  virtual std::string address_of(const std::string& host) const;
};

class SystemFiles : public FileReader {
public:
  std::string read(const std::string& name, std::size_t limit) const override;
  FileName find(const std::string& name) const override;
  FileKind kind(const std::string& name) const override;
  std::vector<std::string> match(const std::string& pattern) const override;
};

// Whether the name has one of uWSGI's schemes, "exec://" and the like, and so is no file.
bool has_scheme(std::string_view name);

}  // namespace reprise::compat
