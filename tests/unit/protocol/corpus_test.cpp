#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/head_finder.hpp"
#include "protocol/http_head.hpp"
#include "protocol/path_info.hpp"

namespace reprise::protocol {
namespace {

constexpr std::size_t max_head = 65536;
constexpr const char* data = TEST_DATA "/unit/protocol/data/";

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// The status a request gets from its head alone; 200: it goes on to an upstream, 0: incomplete.
int verdict(const HeadFinder& finder, HeadFinder::State state, Bytes bytes) {
  if (state == HeadFinder::State::malformed) return 400;
  const bool complete = state == HeadFinder::State::complete;
  if (complete ? finder.end() > max_head : bytes.size() > max_head) {
    return finder.first_line_exceeds(max_head) ? 414 : 431;
  }
  if (!complete) return 0;
  RequestHead head;
  const Bytes text = bytes.substr(finder.begin(), finder.end() - finder.begin());
  const Status status = parse_request_head(text, {}, head);
  if (status != Status::ok) return static_cast<int>(status);
  std::vector<char> memory(head.path.size());
  if (!path_info(head.path, memory)) return 400;
  return 200;
}

int verdict_at_once(Bytes bytes) {
  HeadFinder finder;
  const auto state = finder.look(bytes.substr(0, max_head + 1));
  return verdict(finder, state, bytes.substr(0, max_head + 1));
}

int verdict_byte_by_byte(Bytes bytes) {
  HeadFinder finder;
  auto state = HeadFinder::State::incomplete;
  std::size_t size = 0;
  while (size < bytes.size() && size <= max_head && state == HeadFinder::State::incomplete) {
    state = finder.look(bytes.substr(0, ++size));
  }
  return verdict(finder, state, bytes.substr(0, size));
}

TEST(Corpus, IsJudgedAsTheTableSays) {
  std::istringstream table(contents(std::string(data) + "corpus.expect"));
  int rows = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.starts_with('#')) continue;
    std::istringstream cells(line);
    std::string name;
    int expected = -1;
    cells >> name >> expected;
    const std::string request = contents(std::string(data) + "corpus/" + name + ".req");
    EXPECT_EQ(verdict_at_once(request), expected) << name;
    EXPECT_EQ(verdict_byte_by_byte(request), expected) << name << ", byte by byte";
    ++rows;
  }
  EXPECT_EQ(rows, 212);
}

}  // namespace
}  // namespace reprise::protocol
