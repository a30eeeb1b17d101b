#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace reprise::sync::testing {

// Packets and reactions recorded from uWSGI 2.0.21.
inline boost::json::value vectors(const std::string& name) {
  std::ifstream file(TEST_DATA "/unit/sync/vectors/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return boost::json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
}

inline std::string from_hex(std::string_view hex) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes.push_back(static_cast<char>(digit(hex[i]) << 4 | digit(hex[i + 1])));
  return bytes;
}

// A member that is text; empty if it is null or not there.
inline std::string text(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : "";
}

}  // namespace reprise::sync::testing
