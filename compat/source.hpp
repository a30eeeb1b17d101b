#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "parsers/syntax_error.hpp"

namespace reprise::compat {

// A text that options came from: a file, the command line, the environment.
struct SourceText {
  std::string name;  // for messages: "setup1.ini", "command line"
  std::string text;
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

// Reads files for the configuration; tests have one that holds texts.
class FileReader {
public:
  virtual ~FileReader() = default;
  // The content; throws std::system_error, and std::runtime_error for more than `limit` bytes.
  virtual std::string read(const std::string& name, std::size_t limit) const = 0;
};

class SystemFiles final : public FileReader {
public:
  std::string read(const std::string& name, std::size_t limit) const override;
};

}  // namespace reprise::compat
