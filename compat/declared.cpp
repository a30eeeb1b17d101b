#include "compat/declared.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

namespace reprise::compat {
namespace {

constexpr std::size_t max_text = std::size_t{1024} * 1024;

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  if (text.empty()) return {""};
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    if (end > begin) words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

std::string replace_all(const std::string& text, const std::string& what, const std::string& by) {
  std::string replaced;
  std::size_t begin = 0;
  for (std::size_t at = 0; (at = text.find(what, begin)) != std::string::npos;) {
    replaced.append(text, begin, at - begin).append(by);
    begin = at + what.size();
    if (replaced.size() > max_text) throw std::length_error("too long");
  }
  return replaced.append(text, begin, std::string::npos);
}

}  // namespace

bool DeclaredOption::takes_argument() const {
  return form.find("$1") != std::string::npos || form.find("$2") != std::string::npos ||
         form.find("$3") != std::string::npos;
}

std::vector<std::pair<std::string, std::string>> DeclaredOption::options(
    const std::string& argument) const {
  const std::vector<std::string> words = words_of(argument);
  // $1 everywhere, then $2 and on: "$10" is the first word and a 0.
  const auto filled = [&](std::string text) {
    for (std::size_t i = 0; i < words.size() && text.find('$') != std::string::npos; ++i)
      text = replace_all(text, fmt::format("${}", i + 1), words[i]);
    return text;
  };
  std::vector<std::pair<std::string, std::string>> result;
  for (std::size_t begin = 0; begin < form.size();) {
    const std::size_t end = std::min(form.find(';', begin), form.size());
    const std::string item = form.substr(begin, end - begin);
    begin = end + 1;
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) break;
    result.emplace_back(filled(item.substr(0, equals)), filled(item.substr(equals + 1)));
  }
  return result;
}

}  // namespace reprise::compat
