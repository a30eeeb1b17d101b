#include "compat/option_list.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include <fmt/format.h>

#include "compat/number.hpp"
#include "parsers/ini/ini.hpp"

namespace reprise::compat {
namespace {

constexpr std::size_t max_depth = 16;        // of files that name files
constexpr std::size_t max_options = 200000;  // of all sources

std::string absolute(const std::string& file) {
  std::error_code ignored;
  return std::filesystem::absolute(file, ignored).lexically_normal().string();
}

bool ends_with_any(std::string_view text, std::initializer_list<std::string_view> endings) {
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return text.ends_with(ending); });
}

}  // namespace

OptionList::OptionList(const Registry& registry, const FileReader& files, const MagicFacts& facts)
    : registry_(registry), files_(files), facts_(facts) {}

void OptionList::fail(const OptionUse& use, std::string_view words, std::string_view advice) const {
  throw ConfigurationError(fmt::format("{}\n{}", words, use.place.describe_key(advice)), messages_);
}

void OptionList::fail_unknown(const OptionUse& use) const {
  const std::string_view nearest = registry_.nearest(use.name);
  fail(use, fmt::format("[strict-mode] unknown config directive: {}", use.name),
       nearest.empty() ? "no option has this name" : fmt::format("did you mean {}?", nearest));
}

void OptionList::append(OptionUse use) {
  const Option* option = registry_.find(use.name);
  if (uses_.size() >= max_options) fail(use, "too many options", "this is one too many");
  if (option == nullptr && strict_ && !use.settled) fail_unknown(use);
  if (option != nullptr && option->support == Support::refused) {
    fail(use, fmt::format("the option \"{}\" is not supported", use.name), option->help);
  }
  const bool acts_now = option != nullptr && option->read != nullptr && !use.settled;
  use.settled = use.settled || acts_now;
  uses_.push_back(use);
  if (acts_now) option->read(*this, use);
}

void OptionList::set(const OptionUse& use) {
  const std::size_t equals = use.text().find('=');
  if (equals == std::string::npos)
    fail(use, "invalid placeholder/--set value", "name=value expected");
  OptionUse added = use;
  added.name = use.text().substr(0, equals);
  added.value = use.text().substr(equals + 1);
  added.rewritten = true;
  added.settled = false;
  append(std::move(added));
}

void OptionList::define(const OptionUse& use) {
  const std::size_t equals = use.text().find('=');
  if (equals == std::string::npos)
    fail(use, "invalid placeholder/--set value", "name=value expected");
  OptionUse added = use;
  added.name = use.text().substr(0, equals);
  added.value = use.text().substr(equals + 1);
  added.rewritten = added.settled = true;
  if (registry_.find(added.name) != nullptr) {
    fail(use,
         fmt::format("you cannot use {} as a placeholder, it is already available as an option",
                     added.name),
         "another name expected");
  }
  append(std::move(added));
}

void OptionList::set_strict(const OptionUse& use) {
  strict_ = !use.value || reads_as_true(*use.value);
}

void OptionList::ask(Request request, const std::string& pidfile) {
  if (request_ != Request::none) return;
  request_ = request;
  pidfile_ = pidfile;
}

void OptionList::check_names() const {
  if (!strict_) return;
  for (const OptionUse& use : uses_) {
    if (!use.settled && registry_.find(use.name) == nullptr) fail_unknown(use);
  }
}

void OptionList::load_ini(const OptionUse& use, const std::string& file_and_section) {
  const std::size_t colon = file_and_section.rfind(':');
  if (colon == std::string::npos) return load_file(&use, file_and_section, "", true);
  const std::string file = file_and_section.substr(0, colon);
  load_file(&use, file.empty() ? last_file_ : file, file_and_section.substr(colon + 1), true);
}

void OptionList::load_by_suffix(const OptionUse& use, const std::string& file) {
  if (!file.ends_with(".ini")) {
    fail(use, fmt::format("unable to load configuration from {}", file), "a .ini file expected");
  }
  load_file(&use, file, "", false);
}

void OptionList::load_word(const std::string& word) {
  if (word.starts_with('[')) return;
  if (word.ends_with(".ini")) return load_file(nullptr, word, "", false);
  const bool other_format = ends_with_any(word, {".xml", ".yaml", ".yml", ".json", ".js"});
  throw ConfigurationError(fmt::format("unable to load configuration from {}{}", word,
                                       other_format ? "\nthis version reads .ini files only" : ""),
                           messages_);
}

std::string OptionList::read(const OptionUse* use, const std::string& file) const {
  std::string words;
  try {
    return files_.read(file, parsers::ini::max_text);
  } catch (const std::system_error& error) {
    words = fmt::format("open(\"{}\"): {}", file, error.code().message());
  } catch (const std::runtime_error& error) {
    words = fmt::format("open(\"{}\"): {}", file, error.what());
  }
  if (use != nullptr) fail(*use, words, "the name of a readable file expected");
  throw ConfigurationError(words, messages_);
}

void OptionList::load_file(const OptionUse* use, const std::string& file,
                           const std::string& section, bool sets_first) {
  const std::string path = absolute(file);
  const bool loops =
      std::find(open_files_.begin(), open_files_.end(), path + ":" + section) != open_files_.end();
  if (use != nullptr && (loops || open_files_.size() >= max_depth)) {
    fail(*use, fmt::format("cannot load {}", file),
         loops ? "this file is being read already" : "too many files inside one another");
  }
  if (file != last_file_ || open_files_.empty()) {
    messages_.push_back(fmt::format("[uWSGI] getting INI configuration from {}", file));
  }
  auto source = std::make_shared<const SourceText>(SourceText{file, read(use, file)});
  last_file_ = file;
  const MagicFile magic_file{file, path, section};
  if (sets_first && !first_file_) first_file_ = magic_file;
  open_files_.push_back(path + ":" + section);
  append_section(section.empty() ? "uwsgi" : section, std::move(source),
                 MagicVariables(facts_, magic_file, first_file_));
  open_files_.pop_back();
}

void OptionList::append_section(const std::string& wanted, std::shared_ptr<const SourceText> source,
                                const MagicVariables& magic) {
  parsers::ini::Document document;
  try {
    document = parsers::ini::parse(source->text);
  } catch (const parsers::SyntaxError& error) {
    throw ConfigurationError(parsers::describe(source->name, source->text, error.where,
                                               fmt::format("{} expected", error.what())),
                             messages_);
  }
  std::size_t found = 0;
  for (const auto& section : document.sections) {
    const std::string name = magic.expand(section.name);
    // What uWSGI takes for a section called "uwsg" is a slip of the pen.
    if (section.at.column > 0 && wanted.starts_with(name) && name.size() + 1 == wanted.size()) {
      throw ConfigurationError(
          parsers::describe(source->name, source->text, section.at,
                            fmt::format("\"[{}]\" expected: the ']' is missing", wanted)),
          messages_);
    }
    if (name != wanted) continue;
    for (const auto& [key, value, key_at, value_at] : section.assignments) {
      ++found;
      std::string text = magic.expand(value);
      const bool rewritten = text != value;
      append({magic.expand(key), std::move(text), {source, key_at, value_at}, rewritten, false});
    }
  }
  if (found > 0) return;
  messages_.push_back(
      fmt::format("*** WARNING: Can't find section \"{}\" in INI configuration file {} ***", wanted,
                  source->name));
}

}  // namespace reprise::compat
