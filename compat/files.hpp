#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compat/formats/format.hpp"
#include "compat/magic.hpp"
#include "compat/option_use.hpp"

namespace reprise::compat {

class OptionList;

// The files that options come from (spec/config/config-language.md 2, 5). What stands in them is
// appended to the list, in place, when they are named.
class ConfigFiles {
public:
  // References outlive this.
  ConfigFiles(OptionList& list, const FileReader& files, const MagicFacts& facts);

  // `argument` is "file", "file:section", or ":section" of the file that was opened last.
  void load(Format format, const OptionUse& use, const std::string& argument);
  // The format is chosen by the name's ending.
  void load_by_suffix(const OptionUse& use, const std::string& file);
  // A word of the command line.
  void load_word(const std::string& word);

  // Texts to put around each file that is loaded from here on; `use` names the file with the text.
  void inject_before(const OptionUse& use);
  void inject_after(const OptionUse& use);

private:
  struct Named;
  void load(Format format, const OptionUse* use, const std::string& argument, bool sets_first);
  void enter(const OptionUse* use, const Named& named);
  Named find(const OptionUse* use, const std::string& argument) const;
  void announce(Format format, const Named& named) const;
  std::string read(const OptionUse* use, const std::string& file);
  void append_ini(const std::string& section, std::shared_ptr<const SourceText> source,
                  const MagicVariables& magic);
  void append_pairs(Format format, const std::string& section, const std::string& name,
                    const std::string& text);
  [[noreturn]] void fail(const OptionUse* use, std::string_view words,
                         std::string_view advice) const;

  OptionList& list_;
  const FileReader& files_;
  const MagicFacts& facts_;
  std::vector<std::string> open_;  // being read, the outermost first
  std::string last_file_;
  MagicFile magic_;  // of the last file
  std::optional<MagicFile> first_;
  std::string before_, after_;
  std::size_t loaded_ = 0;
  std::size_t bytes_ = 0;  // of all texts
};

}  // namespace reprise::compat
