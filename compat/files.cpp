#include "compat/files.hpp"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>

#include "compat/fetch.hpp"
#include "compat/load.hpp"
#include "compat/option_list.hpp"
#include "parsers/ini/ini.hpp"

namespace reprise::compat {
namespace {

constexpr std::size_t max_depth = 32;                             // of files that name files
constexpr std::size_t max_files = 4096;                           // loaded one after the other
constexpr std::size_t max_bytes = std::size_t{64} * 1024 * 1024;  // of all of them
constexpr std::string_view default_section = "uwsgi";

// Where the section begins: at the last ':', of a source with a scheme at the last behind the path.
std::size_t section_colon(const std::string& argument) {
  const std::size_t colon = argument.rfind(':');
  if (colon == std::string::npos || !has_scheme(argument)) return colon;
  return colon > argument.rfind('/') ? colon : std::string::npos;
}

// A variable without a value may leave blanks at the ends.
std::string expand(const std::string& text, const MagicVariables& magic) {
  if (text.find('%') == std::string::npos) return text;
  const std::string expanded = magic.expand(text);
  const std::size_t begin = std::min(expanded.find_first_not_of(" \t\r"), expanded.size());
  return expanded.substr(begin, expanded.find_last_not_of(" \t\r") + 1 - begin);
}

}  // namespace

struct ConfigFiles::Named {
  std::string file;
  std::string section;  // empty: the default one
  bool has_section = false;
  bool again = false;  // the last file's name was left out
  bool is_file = true;
  FileName found;

  std::string key() const { return (is_file ? found.path : file) + ":" + section; }
};

ConfigFiles::ConfigFiles(OptionList& list, const FileReader& files, const MagicFacts& facts)
    : list_(list), files_(files), facts_(facts) {}

void ConfigFiles::fail(const OptionUse* use, std::string_view words,
                       std::string_view advice) const {
  if (use != nullptr) list_.fail(*use, words, advice, Code::file);
  ConfigurationError error(std::string(words), list_.messages());
  error.code = Code::file;
  throw error;
}

void ConfigFiles::load(Format format, const OptionUse& use, const std::string& argument) {
  load(format, &use, argument, /*sets_first=*/true);
}

void ConfigFiles::load_by_suffix(const OptionUse& use, const std::string& file) {
  const auto format = format_of(file);
  if (!format) {
    fail(&use, fmt::format("unable to load configuration from {}", file),
         "a name that ends in .ini, .yaml, .yml, .json, .js or .xml expected");
  }
  load(*format, &use, file, /*sets_first=*/false);
}

void ConfigFiles::load_word(const std::string& word) {
  if (word.starts_with('[')) return;
  const auto format = format_of(word);
  if (!format) fail(nullptr, fmt::format("unable to load configuration from {}", word), "");
  load(*format, nullptr, word, /*sets_first=*/false);
}

void ConfigFiles::inject_before(const OptionUse& use) {
  before_ += read(&use, use.text());
}

void ConfigFiles::inject_after(const OptionUse& use) {
  after_ += read(&use, use.text());
}

ConfigFiles::Named ConfigFiles::find(const OptionUse* use, const std::string& argument) const {
  Named named;
  named.file = argument;
  if (argument != "-") {
    const std::size_t colon = section_colon(argument);
    named.has_section = colon != std::string::npos;
    if (named.has_section) named.section = argument.substr(colon + 1);
    named.file = argument.substr(0, colon);
    named.again = named.has_section && named.file.empty();
    if (named.again) named.file = last_file_;
  }
  named.is_file = argument != "-" && !has_scheme(named.file);
  if (!named.is_file) return named;
  try {
    named.found = files_.find(named.file);
  } catch (const std::system_error& error) {
    fail(use, fmt::format("realpath() of {} failed: {}", named.file, error.code().message()),
         "the name of a file expected");
  }
  return named;
}

void ConfigFiles::announce(Format format, const Named& named) const {
  std::vector<std::string>& messages = list_.messages();
  if (format == Format::xml) {
    if (named.has_section)
      messages.push_back(fmt::format("[uWSGI] using xml uwsgi id: {}", named.section));
    messages.push_back(fmt::format("[uWSGI] parsing config file {}", named.file));
  } else if (!named.again) {
    messages.push_back(
        fmt::format("[uWSGI] getting {} configuration from {}", name_of(format), named.file));
  }
}

std::string ConfigFiles::read(const OptionUse* use, const std::string& file) {
  std::string words;
  try {
    std::string text = files_.read(file, parsers::ini::max_text);
    bytes_ += text.size();
    if (bytes_ <= max_bytes) return text;
    words = fmt::format("cannot load {}: more than {} bytes in all", file, max_bytes);
  } catch (const std::system_error& error) {
    words = fmt::format("open(\"{}\"): {}", file, error.code().message());
  } catch (const std::runtime_error& error) {
    words = fmt::format("open(\"{}\"): {}", file, error.what());
  }
  fail(use, words, "the name of a readable file expected");
}

void ConfigFiles::enter(const OptionUse* use, const Named& named) {
  const bool loops = std::find(open_.begin(), open_.end(), named.key()) != open_.end();
  if (loops || open_.size() >= max_depth || ++loaded_ > max_files) {
    fail(use, fmt::format("cannot load {}", named.file),
         loops ? "this file is being read already" : "too many files");
  }
  open_.push_back(named.key());
}

void ConfigFiles::load(Format format, const OptionUse* use, const std::string& argument,
                       bool sets_first) {
  const Named named = find(use, argument);
  if (format == Format::xml && named.has_section && named.section.empty())
    fail(use, "invalid xml id", "an id expected behind the ':'");
  enter(use, named);
  announce(format, named);
  if (is_unsealed(named.file)) {
    list_.messages().push_back(fmt::format(
        "*** WARNING: {} comes unsealed: who is on its way can change it ***", named.file));
  }
  std::string text = before_ + read(use, named.file) + after_;
  last_file_ = named.file;
  magic_.argument = named.file;
  if (named.is_file) {
    magic_ = {named.file, named.found.path, named.section, std::to_string(named.found.inode)};
  }
  if (sets_first && !first_) first_ = magic_;
  const MagicVariables magic(facts_, magic_, first_);
  const std::string section(named.section.empty() ? default_section : named.section);
  if (format == Format::ini) {
    append_ini(section, std::make_shared<const SourceText>(SourceText{named.file, std::move(text)}),
               magic);
  } else {
    append_pairs(format, format == Format::xml ? named.section : section, named.file,
                 magic.expand(text));
  }
  open_.pop_back();
}

void ConfigFiles::append_ini(const std::string& wanted, std::shared_ptr<const SourceText> source,
                             const MagicVariables& magic) {
  parsers::ini::Document document;
  try {
    document = parsers::ini::parse(source->text);
  } catch (const parsers::SyntaxError& error) {
    throw ConfigurationError(parsers::describe(source->name, source->text, error.where,
                                               fmt::format("{} expected", error.what())),
                             list_.messages());
  }
  std::size_t found = 0;
  for (const auto& section : document.sections) {
    const std::string name = magic.expand(section.name);
    // What uWSGI takes for a section called "uwsg" is a slip of the pen.
    if (!section.closed && wanted.starts_with(name) && name.size() + 1 == wanted.size()) {
      throw ConfigurationError(
          parsers::describe(source->name, source->text, section.at,
                            fmt::format("\"[{}]\" expected: the ']' is missing", wanted)),
          list_.messages());
    }
    if (name != wanted) continue;
    for (const auto& [key, value, key_at, value_at] : section.assignments) {
      ++found;
      std::string text = expand(value, magic);
      const bool rewritten = text != value;
      list_.append(
          {expand(key, magic), std::move(text), {source, key_at, value_at}, rewritten, false});
    }
  }
  if (found > 0) return;
  const std::string words =
      fmt::format("Can't find section \"{}\" in INI configuration file {}", wanted, source->name);
  list_.messages().push_back(fmt::format("*** WARNING: {} ***", words));
  Finding missing = finding_of(Severity::warning, Code::reading, words);
  missing.file = source->name;
  list_.findings().push_back(std::move(missing));
}

void ConfigFiles::append_pairs(Format format, const std::string& section, const std::string& name,
                               const std::string& text) {
  const auto source = std::make_shared<const SourceText>(SourceText{name, text});
  Pairs pairs;
  try {
    pairs = read_pairs(format, text, section, name);
  } catch (const FormatError& error) {
    const bool placed = error.where.line > 0;
    throw ConfigurationError(
        placed ? fmt::format("{}\n{}", error.what(),
                             parsers::describe(name, text, error.where, "the mistake is here"))
               : std::string(error.what()),
        list_.messages());
  }
  for (Pair& pair : pairs)
    list_.append({std::move(pair.key), std::move(pair.value), {source, pair.at, pair.at}, true});
}

}  // namespace reprise::compat
