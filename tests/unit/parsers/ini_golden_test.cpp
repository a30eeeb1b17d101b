#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "parsers/ini/ini.hpp"

namespace reprise::parsers::ini {
namespace {

namespace fs = std::filesystem;

// Pairs of NAME.ini and NAME.expect: the sections that uWSGI was asked for, and what it found in
// each, as "key" = "value". A new case is a new pair of files.
const fs::path folder = TEST_DATA "/golden/ini/syntax";

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string escaped(std::string_view bytes) {
  std::string result = "\"";
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    const bool plain = code >= 0x20 && code < 0x7F && byte != '"' && byte != '\\';
    result += plain ? std::string(1, byte) : fmt::format("\\x{:02x}", code);
  }
  return result + '"';
}

// What stands in all sections of that name.
std::string listing(const Document& document, std::string_view name) {
  std::string lines = fmt::format("[{}]\n", name);
  for (const Section& section : document.sections) {
    if (section.name != name) continue;
    for (const Assignment& each : section.assignments) {
      lines += fmt::format("{} = {}\n", escaped(each.key), escaped(each.value));
    }
  }
  return lines;
}

std::vector<std::string> asked_for(const std::string& expected) {
  std::vector<std::string> names;
  std::size_t begin = 0;
  while (begin < expected.size()) {
    const std::size_t end = expected.find('\n', begin);
    if (expected[begin] == '[') names.push_back(expected.substr(begin + 1, end - begin - 2));
    begin = end + 1;
  }
  return names;
}

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".ini") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

class IniGolden : public testing::TestWithParam<std::string> {};

TEST_P(IniGolden, FindsWhatUwsgiFinds) {
  const Document document = parse(contents(folder / (GetParam() + ".ini")));
  const std::string expected = contents(folder / (GetParam() + ".expect"));
  std::string found;
  for (const std::string& name : asked_for(expected))
    found += listing(document, name);
  EXPECT_EQ(found, expected);
}

INSTANTIATE_TEST_SUITE_P(Files, IniGolden, testing::ValuesIn(cases()), [](const auto& parameter) {
  std::string name = parameter.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace reprise::parsers::ini
