#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compat/load.hpp"
#include "compat/magic.hpp"
#include "compat/option_use.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {

// What was asked for instead of serving.
enum class Request { none, help, stop, reload };

// The options of all sources in their order (spec/config/config-language.md 1). Options that act
// when they are read do so in here: other files come in right behind the option that names them.
class OptionList {
public:
  // References outlive this.
  OptionList(const Registry& registry, const FileReader& files, const MagicFacts& facts);

  void append(OptionUse use);

  // All options of a section of a file. `use` is the option that names it, or nothing for a word of
  // the command line.
  void load_ini(const OptionUse& use, const std::string& file_and_section);
  // The format is chosen by the name's ending.
  void load_by_suffix(const OptionUse& use, const std::string& file);
  void load_word(const std::string& word);

  void set(const OptionUse& use);
  void define(const OptionUse& use);
  void set_strict(const OptionUse& use);
  void ask(Request request, const std::string& pidfile = {});

  // Under `strict`, fails for names that nothing knows.
  void check_names() const;

  std::vector<OptionUse>& uses() { return uses_; }
  std::vector<std::string>& messages() { return messages_; }
  Request request() const { return request_; }
  const std::string& pidfile() const { return pidfile_; }

  [[noreturn]] void fail(const OptionUse& use, std::string_view words,
                         std::string_view advice) const;

private:
  void load_file(const OptionUse* use, const std::string& file, const std::string& section,
                 bool sets_first);
  std::string read(const OptionUse* use, const std::string& file) const;
  void append_section(const std::string& section, std::shared_ptr<const SourceText> source,
                      const MagicVariables& magic);
  [[noreturn]] void fail_unknown(const OptionUse& use) const;

  const Registry& registry_;
  const FileReader& files_;
  const MagicFacts& facts_;
  std::vector<OptionUse> uses_;
  std::vector<std::string> messages_;
  std::vector<std::string> open_files_;  // being read, the outermost first
  std::string last_file_;
  std::optional<MagicFile> first_file_;
  bool strict_ = false;
  Request request_ = Request::none;
  std::string pidfile_;
};

}  // namespace reprise::compat
