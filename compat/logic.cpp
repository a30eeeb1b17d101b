#include "compat/logic.hpp"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <system_error>

#include <fmt/format.h>

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include "compat/number.hpp"
#include "compat/source.hpp"

namespace reprise::compat {
namespace {

constexpr std::string_view item_marker = "%(_)";
constexpr std::int64_t max_times = 1'000'000;
constexpr std::size_t max_list_file = std::size_t{16} * 1024 * 1024;

// `if-not-exists` is "exists", negated.
struct Name {
  std::string_view name;
  std::string_view kind;
  bool negated = false;
};
constexpr Name openers[] = {
    {"for", "for"},
    {"for-times", "times"},
    {"for-glob", "glob"},
    {"for-readline", "readline"},
    {"if-exists", "exists"},
    {"ifexists", "exists"},
    {"if-not-exists", "exists", true},
    {"if-file", "file"},
    {"if-not-file", "file", true},
    {"if-dir", "dir"},
    {"ifdir", "dir"},
    {"if-directory", "dir"},
    {"if-not-dir", "dir", true},
    {"if-env", "env"},
    {"ifenv", "env"},
    {"if-not-env", "env", true},
    {"if-opt", "opt"},
    {"if-not-opt", "opt", true},
    {"if-plugin", "plugin"},
    {"ifplugin", "plugin"},
    {"if-not-plugin", "plugin", true},
    {"if-hostname", "hostname"},
    {"if-not-hostname", "hostname", true},
    {"if-hostname-match", "match"},
    {"if-not-hostname-match", "match", true},
    {"if-reload", "reload"},
    {"if-not-reload", "reload", true},
};

bool matches(const std::string& expression, const std::string& text) {
  struct Free {
    void operator()(pcre2_code* code) const { pcre2_code_free(code); }
    void operator()(pcre2_match_data* data) const { pcre2_match_data_free(data); }
  };
  int error = 0;
  PCRE2_SIZE offset = 0;
  const auto* bytes = reinterpret_cast<PCRE2_SPTR>(expression.data());
  const std::unique_ptr<pcre2_code, Free> code(
      pcre2_compile(bytes, expression.size(), 0, &error, &offset, nullptr));
  if (!code) throw std::runtime_error(fmt::format("invalid expression at offset {}", offset));
  const std::unique_ptr<pcre2_match_data, Free> data(
      pcre2_match_data_create_from_pattern(code.get(), nullptr));
  return pcre2_match(code.get(), reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0,
                     data.get(), nullptr) >= 0;
}

// Words lie between blanks of one kind; a tab is part of a word.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::vector<std::string> numbers_up_to(std::int64_t last) {
  if (last > max_times) throw std::runtime_error(fmt::format("at most {} times", max_times));
  std::vector<std::string> numbers;
  for (std::int64_t i = 1; i <= last; ++i)
    numbers.push_back(std::to_string(i));
  return numbers;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const bool returns = end > begin && text[end - 1] == '\r';
    lines.push_back(text.substr(begin, end - begin - (returns ? 1 : 0)));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

bool ends_block(std::string_view name) {
  return name == "end" || name == "endfor" || name == "endif" || name == "end-for" ||
         name == "end-if";
}

const std::vector<std::string_view>& block_openers() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Name& each : openers)
      all.push_back(each.name);
    return all;
  }();
  return names;
}

Block::Block(const OptionUse& use, const LogicFacts& facts) : argument_(use.text()), facts_(facts) {
  const auto* found = std::find_if(std::begin(openers), std::end(openers),
                                   [&](const Name& each) { return each.name == use.name; });
  kind_ = found->kind;
  negated_ = found->negated;
  loops_ = use.name.starts_with("for");
  if (kind_ == "match") host_matches_ = matches(argument_, facts_.host_name);
  if (loops_) items_ = words();
}

std::vector<std::string> Block::words() const {
  if (kind_ == "for") return words_of(argument_);
  if (kind_ == "times") return numbers_up_to(reads_as_integer(argument_));
  if (kind_ == "glob") return facts_.files->match(argument_);
  try {
    return lines_of(facts_.files->read(argument_, max_list_file));
  } catch (const std::system_error& error) {
    facts_.say(fmt::format("open(\"{}\"): {}", argument_, error.code().message()));
  }
  return {};
}

// As it stands, before it is negated.
Block::Condition Block::condition() const {
  if (kind_ == "exists") return {facts_.files->kind(argument_) != FileKind::none, argument_};
  if (kind_ == "file") return {facts_.files->kind(argument_) == FileKind::regular, argument_};
  if (kind_ == "dir") return {facts_.files->kind(argument_) == FileKind::directory, argument_};
  if (kind_ == "plugin") return {facts_.has_plugin(argument_), argument_};
  if (kind_ == "hostname") return {argument_ == facts_.host_name, argument_};
  if (kind_ == "match") return {host_matches_, argument_};
  if (kind_ == "reload") return {std::getenv("UWSGI_RELOADS") != nullptr, std::nullopt};
  // NAME or NAME=text, of the environment or of the options.
  const std::size_t equals = argument_.find('=');
  const std::string name = argument_.substr(0, equals);
  std::optional<std::string> value;
  if (kind_ == "env") {
    if (const char* text = std::getenv(name.c_str())) value = text;
  } else if (const OptionUse* use = facts_.first_of(name)) {
    value = use->value;
  }
  const bool holds =
      value && (equals == std::string::npos || *value == argument_.substr(equals + 1));
  return {holds, value};
}

std::vector<std::optional<std::string>> Block::rounds() const {
  if (loops_) return {items_.begin(), items_.end()};
  Condition found = condition();
  if (found.holds == negated_) return {};
  return {std::move(found.item)};
}

OptionUse in_round(const OptionUse& use, const std::optional<std::string>& item) {
  OptionUse copy = use;
  if (!item || !copy.value) return copy;
  std::string text;
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = copy.value->find(item_marker, begin)) != std::string::npos;) {
    text.append(*copy.value, begin, at - begin).append(*item);
    begin = at + item_marker.size();
  }
  if (begin == 0) return copy;
  copy.value = text.append(*copy.value, begin, std::string::npos);
  copy.rewritten = true;
  return copy;
}

}  // namespace reprise::compat
