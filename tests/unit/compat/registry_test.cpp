#include "compat/options/registry.hpp"

#include <fstream>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

using ::testing::HasSubstr;

Argument argument_named(const std::string& name) {
  if (name == "required") return Argument::required;
  return name == "optional" ? Argument::optional : Argument::none;
}

// Every option of uWSGI 2.0.21 with what it takes, its letter, whether it acts when it is read, and
// where it comes from.
TEST(RegistryTest, KnowsEveryOptionOfUwsgi) {
  const Registry registry;
  std::ifstream table(TEST_DATA "/golden/configuration/options.tsv");
  int count = 0;
  for (std::string line; std::getline(table, line); ++count) {
    std::istringstream fields(line);
    std::string name, argument, letter, immediate, source;
    std::getline(fields, name, '\t');
    std::getline(fields, argument, '\t');
    std::getline(fields, letter, '\t');
    std::getline(fields, immediate, '\t');
    std::getline(fields, source, '\t');
    const Option* option = registry.find(name);
    ASSERT_NE(option, nullptr) << name;
    EXPECT_EQ(option->argument, argument_named(argument)) << name;
    EXPECT_EQ(option->acts_at_once(), immediate == "immediate") << name;
    EXPECT_FALSE(option->help.empty()) << name;
    EXPECT_EQ(option->source, source) << name;
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

TEST(RegistryTest, WhatUwsgiDoesNotHaveIsOurOwn) {
  const Registry registry;
  std::set<std::string> of_uwsgi;
  std::ifstream table(TEST_DATA "/golden/configuration/options.tsv");
  for (std::string line; std::getline(table, line);)
    of_uwsgi.insert(line.substr(0, line.find('\t')));
  for (const Option& option : registry.options()) {
    if (of_uwsgi.contains(std::string(option.name))) continue;
    EXPECT_EQ(option.source, own_source)
        << option.name << " belongs among the sources of compat/options/beside_uwsgi.cpp";
  }
}

TEST(RegistryTest, EveryRemarkIsOfOptionsThatThereAre) {
  const Registry registry;
  for (const auto& list : {option_differences(), stock_behaviour(), option_sources()}) {
    for (const auto& [names, text] : list) {
      std::istringstream words{std::string(names)};
      for (std::string name; words >> name;)
        EXPECT_NE(registry.find(name), nullptr) << name;
      EXPECT_FALSE(text.empty());
    }
  }
}

TEST(RegistryTest, AnExplanationHasMeaningSupportAndSource) {
  const Registry registry;
  const std::string https = registry.explain("https");
  EXPECT_THAT(https, HasSubstr("meaning: add an HTTPS listener"));
  EXPECT_THAT(https, HasSubstr("support: full"));
  EXPECT_THAT(https, HasSubstr("source: uWSGI, plugin http; https://uwsgi-docs."));
  EXPECT_THAT(https, HasSubstr("differs from uWSGI: X25519"));
  EXPECT_THAT(registry.explain("ssl-sessions-use-cache"), HasSubstr("uWSGI as it is shipped:"));
  EXPECT_THAT(registry.explain("cache-mlock"), HasSubstr("source: Reprise's own option"));
  EXPECT_THAT(registry.explain("check"), HasSubstr("Exit 0, 1 (warnings), 2"));
  EXPECT_EQ(registry.explain("nosuch"), "");
}

TEST(RegistryTest, NearestNames) {
  const Registry registry;
  EXPECT_EQ(registry.nearest("http-proceses"), "http-processes");
  EXPECT_EQ(registry.nearest("ssl_sessions_timeout"), "ssl-sessions-timeout");
  EXPECT_EQ(registry.nearest("colour"), "");
}

}  // namespace
}  // namespace reprise::compat
