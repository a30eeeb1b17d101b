#include <yaml-cpp/yaml.h>

#include <string_view>

#include <fmt/format.h>

#include "compat/formats/format.hpp"

namespace reprise::compat {
namespace {

// References to one list within another can stand for more than a machine holds.
constexpr std::size_t max_pairs = 200000;

parsers::Position place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return nowhere;
  return {static_cast<std::size_t>(mark.line) + 1, static_cast<std::size_t>(mark.column) + 1};
}

class Reader {
public:
  explicit Reader(const std::string& text) : text_(text) {}

  void read_map(const YAML::Node& map) {
    for (const auto& entry : map)
      read_entry(entry.first, entry.second);
  }

  Pairs pairs;

private:
  // Every key counts, however deep it stands; a list is its key again and again.
  void read_entry(const YAML::Node& key, const YAML::Node& value) {
    if (value.IsMap()) {
      read_map(value);
    } else if (value.IsSequence()) {
      for (const YAML::Node& item : value)
        read_entry(key, item);
    } else if (key.IsScalar() || key.IsNull()) {
      add(key, value);
    }
  }

  void add(const YAML::Node& key, const YAML::Node& value) {
    const std::string text = value.IsNull() ? word_at(value.Mark()) : value.Scalar();
    if (value.IsNull() && text.empty()) return;  // nothing was written
    if (pairs.size() == max_pairs) throw FormatError("too many options", place_of(key.Mark()));
    pairs.push_back(
        {key.IsNull() ? word_at(key.Mark()) : key.Scalar(), text, place_of(key.Mark())});
  }

  // `~` and `null` are texts as good as any other.
  std::string word_at(const YAML::Mark& mark) const {
    if (mark.pos < 0 || static_cast<std::size_t>(mark.pos) >= text_.size()) return {};
    const std::string_view rest =
        std::string_view(text_).substr(static_cast<std::size_t>(mark.pos));
    for (const std::string_view word : {"~", "null", "Null", "NULL"}) {
      if (rest.starts_with(word)) return std::string(word);
    }
    return {};
  }

  const std::string& text_;
};

}  // namespace

Pairs read_yaml(const std::string& text, const std::string& section) {
  Reader reader(text);
  try {
    const YAML::Node root = YAML::Load(text);
    if (!root.IsMap()) return {};
    for (const auto& entry : root) {
      if (!entry.first.IsScalar() || entry.first.Scalar() != section) continue;
      if (entry.second.IsMap()) reader.read_map(entry.second);
    }
  } catch (const YAML::Exception& error) {
    throw FormatError(fmt::format("error parsing YAML file: {}", error.msg), place_of(error.mark));
  }
  return std::move(reader.pairs);
}

}  // namespace reprise::compat
