#include "protocol/path_info.hpp"

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/http_head.hpp"

namespace reprise::protocol {
namespace {

std::string unescape(const std::string& text) {
  if (text == "-") return {};
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && text.compare(i, 2, "\\x") == 0) {
      out += static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What a request for this target comes to: its PATH_INFO, or nothing if it is refused.
std::optional<std::string> served_as(const std::string& target) {
  const std::string head = "GET " + target + " HTTP/1.1\r\nHost: a\r\n\r\n";
  RequestHead request;
  if (parse_request_head(head, {}, request) != Status::ok) return std::nullopt;
  std::vector<char> memory(request.path.size());
  const auto path = path_info(request.path, memory);
  if (!path) return std::nullopt;
  return std::string(*path);
}

TEST(PathInfo, AgreesWithTheGoldenTableOrIsSafer) {
  std::ifstream table(TEST_DATA "/unit/protocol/data/path_info.tsv");
  ASSERT_TRUE(table);
  int rows = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with(';')) continue;
    std::vector<std::string> columns;
    std::istringstream cells(line);
    for (std::string cell; std::getline(cells, cell, '\t');)
      columns.push_back(cell);
    ASSERT_GE(columns.size(), 2U) << line;
    const std::string& expected = columns.back();
    const auto answer = served_as(unescape(columns[0]));
    if (columns.size() == 3 && expected == "refused") {
      EXPECT_FALSE(answer) << line;
    } else {
      ASSERT_TRUE(answer) << line;
      EXPECT_EQ(*answer, unescape(expected)) << line;
    }
    ++rows;
  }
  EXPECT_EQ(rows, 105);
}

TEST(PathInfo, NeverKeepsADotSegment) {
  for (const std::string target :
       {"/a/%2e%2e%2f..%2f%2E/b", "/%2f%2e%2e", "/..%2f..%2fetc", "/.%2f.."}) {
    const auto path = served_as(target);
    ASSERT_TRUE(path) << target;
    const std::string framed = *path + "/";
    EXPECT_EQ(framed.find("/../"), std::string::npos) << target << " became " << *path;
    EXPECT_EQ(framed.find("/./"), std::string::npos) << target << " became " << *path;
  }
}

TEST(PathInfo, OptionsAsteriskStaysAsItIs) {
  char memory[1];
  EXPECT_EQ(path_info("*", memory), "*");
}

}  // namespace
}  // namespace reprise::protocol
