#include "compat/options/registry.hpp"

#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

Argument argument_named(const std::string& name) {
  if (name == "required") return Argument::required;
  return name == "optional" ? Argument::optional : Argument::none;
}

// Every option of uWSGI 2.0.21 with what it takes, its letter, and whether it acts when it is read.
TEST(RegistryTest, KnowsEveryOptionOfUwsgi) {
  const Registry registry;
  std::ifstream table(TEST_DATA "/golden/configuration/options.tsv");
  int count = 0;
  for (std::string line; std::getline(table, line); ++count) {
    std::istringstream fields(line);
    std::string name, argument, letter, immediate;
    std::getline(fields, name, '\t');
    std::getline(fields, argument, '\t');
    std::getline(fields, letter, '\t');
    std::getline(fields, immediate, '\t');
    const Option* option = registry.find(name);
    ASSERT_NE(option, nullptr) << name;
    EXPECT_EQ(option->argument, argument_named(argument)) << name;
    EXPECT_EQ(option->acts_at_once(), immediate == "immediate") << name;
    EXPECT_FALSE(option->help.empty()) << name;
    if (!letter.empty()) {
      ASSERT_NE(registry.find_letter(letter[0]), nullptr) << name;
    }
  }
  EXPECT_GT(count, 970);
}

TEST(RegistryTest, ADefinitionWinsOverTheTableOfNames) {
  const Registry registry;
  for (const Option& row : names_without_effect()) {
    EXPECT_TRUE(row.support == Support::ignored || row.support == Support::refused) << row.name;
  }
  EXPECT_EQ(registry.find("http")->support, Support::full);
}

TEST(RegistryTest, NearestNames) {
  const Registry registry;
  EXPECT_EQ(registry.nearest("http-proceses"), "http-processes");
  EXPECT_EQ(registry.nearest("ssl_sessions_timeout"), "ssl-sessions-timeout");
  EXPECT_EQ(registry.nearest("colour"), "");
}

}  // namespace
}  // namespace reprise::compat
