// What tests/golden/configuration cannot show: bounds, places, and what is ours.
#include <chrono>
#include <map>
#include <system_error>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "compat/load.hpp"
#include "compat/source.hpp"

namespace reprise::compat {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

class Texts final : public FileReader {
public:
  std::map<std::string, std::string> files;
  std::string read(const std::string& name, std::size_t limit) const override {
    const auto found = files.find(name);
    if (found == files.end()) throw std::system_error(ENOENT, std::system_category());
    if (found->second.size() > limit) throw std::runtime_error("too long");
    return found->second;
  }
};

class LanguageTest : public ::testing::Test {
protected:
  static constexpr char serving[] = "http = :1\nhttp-to = :2\n";

  Loaded load(const std::string& ini) {
    texts_.files["a.ini"] = "[uwsgi]\n" + ini;
    return with_arguments({"--ini", "a.ini"});
  }
  Loaded with_arguments(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "reprise");
    return compat::load(arguments, texts_, {});
  }
  std::string refusal(const std::string& ini) {
    try {
      load(ini);
    } catch (const ConfigurationError& error) {
      return error.what();
    }
    return "accepted";
  }

  Texts texts_;
};

TEST_F(LanguageTest, AHundredThousandLinesAreReadAtOnce) {
  std::string ini = "key-0 = value\nhttp-var = A=b\n";
  for (int i = 1; i < 50000; ++i)
    ini += fmt::format("key-{} = value of %(key-{})\nhttp-var = A=b\n", i, i / 2);
  const auto begin = std::chrono::steady_clock::now();
  const Loaded loaded = load(ini + serving);
  EXPECT_EQ(loaded.config.http.variables.size(), 50000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
  EXPECT_THAT(loaded.messages, Contains(HasSubstr("more unknown options")));
}

TEST_F(LanguageTest, ManyOptionsThatRememberTheirLinesAreReadAtOnce) {
  std::string ini;
  for (int i = 0; i < 50000; ++i)
    ini += "http-to = 127.0.0.1:3031\nhttp-var = A=b\n";
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(load(ini + "http = :1\n").config.http.upstreams.size(), 50000u);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(LanguageTest, WhatGrowsWithoutEndIsAnError) {
  std::string doubling = "a0 = xx\n";
  for (int i = 1; i < 40; ++i)
    doubling += fmt::format("a{} = x%(a{})%(a{})\n", i, i - 1, i - 1);
  EXPECT_THAT(refusal(doubling), HasSubstr("refers to itself, or is too long"));
  EXPECT_THAT(refusal("a = x%(a)\n"), HasSubstr("refers to itself"));
  EXPECT_THAT(refusal("set-ph = a=%(a)\nb = x%(a)\n"), HasSubstr("refers to itself"));
  EXPECT_THAT(refusal("for-times = 1000000\nx = y\nendfor =\n"), HasSubstr("too many options"));
  EXPECT_THAT(refusal("for-times = 99999999999\nx = y\n"), HasSubstr("at most 1000000 times"));
  std::string much = "for-times = 1000\n";
  for (int i = 0; i < 20; ++i)
    much += fmt::format("x{} = {}\n", i, std::string(100000, 'y'));
  EXPECT_THAT(refusal(much), HasSubstr("bytes of options"));
}

TEST_F(LanguageTest, ValuesOfAHundredMegabytesAreAnError) {
  texts_.files["a.ini"] = "[uwsgi]\nx = " + std::string(100 << 20, 'y') + "\n";
  try {
    with_arguments({"a.ini"});
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("open(\"a.ini\"): too long"));
  }
}

TEST_F(LanguageTest, FilesThatIncludeEachOtherAreAnError) {
  texts_.files["b.ini"] = "[uwsgi]\nini = a.ini\n";
  EXPECT_THAT(refusal("ini = b.ini\n"), HasSubstr("this file is being read already"));
  EXPECT_THAT(refusal("ini = :other\n[other]\nini = :uwsgi\n"),
              HasSubstr("this file is being read already"));
  EXPECT_THAT(refusal("inherit = a.ini\n"), HasSubstr("too many files"));
}

TEST_F(LanguageTest, DeclaredOptionsThatStandForThemselvesAreAnError) {
  EXPECT_THAT(refusal("declare-option = a=a=$1\na = x\n"), HasSubstr("stands for itself"));
  std::string wide = "declare-option = a0=print=x\n";
  for (int i = 1; i < 14; ++i) {
    wide += fmt::format("declare-option = a{}=", i);
    for (int k = 0; k < 9; ++k)
      wide += fmt::format("a{}=x;", i - 1);
    wide += '\n';
  }
  EXPECT_THAT(refusal(wide + "a13 = x\n"), HasSubstr("too many options"));
}

TEST_F(LanguageTest, DeclaredOptionsConfigure) {
  const Loaded loaded = load("declare-option = site=http=$1;http-to=$2\nsite = :1 :2\n");
  EXPECT_EQ(loaded.config.http.listeners.at(0).address, ":1");
  EXPECT_EQ(loaded.config.http.upstreams.at(0).text, ":2");
}

TEST_F(LanguageTest, InheritedOptionsComeLast) {
  texts_.files["base.ini"] = "[uwsgi]\nhttp-timeout = 7\nhttp-to = :3\n";
  const Loaded loaded = load(std::string("inherit = base.ini\nhttp-timeout = 5\n") + serving);
  EXPECT_EQ(loaded.config.http.timeout, std::chrono::seconds(7));
  EXPECT_EQ(loaded.config.http.upstreams.back().text, ":3");
}

TEST_F(LanguageTest, EveryFormatConfiguresWithPlaces) {
  texts_.files["a.yml"] = "uwsgi:\n  http: :1\n  http-to:\n    - :2\n    - :3\n  spooler: x\n";
  const Loaded yaml = with_arguments({"a.yml"});
  EXPECT_EQ(yaml.config.http.upstreams.size(), 2u);
  EXPECT_THAT(yaml.messages, Contains(HasSubstr("a.yml:6:3: the option \"spooler\"")));
  texts_.files["a.json"] = R"({"uwsgi": {"http": ":1", "http-to": [":2", ":3"]}})";
  EXPECT_EQ(with_arguments({"a.json"}).config.http.upstreams.size(), 2u);
  texts_.files["a.xml"] =
      "<uwsgi>\n<http>:1</http>\n<http-to>:2</http-to>\n<spooler>x</spooler></uwsgi>";
  const Loaded xml = with_arguments({"a.xml"});
  EXPECT_EQ(xml.config.http.upstreams.size(), 1u);
  EXPECT_THAT(xml.messages, Contains(HasSubstr("a.xml:4:1: the option \"spooler\"")));
}

TEST_F(LanguageTest, MistakesOfOtherFormatsAreShown) {
  const std::pair<const char*, const char*> cases[] = {{"a.yml", "uwsgi:\n  a: [1}\n"},
                                                       {"a.json", "{\"uwsgi\":\n {\"a\" 1}}"},
                                                       {"a.xml", "<uwsgi>\n<a>"}};
  for (const auto& [name, text] : cases) {
    texts_.files[name] = text;
    try {
      with_arguments({name});
      FAIL() << name;
    } catch (const ConfigurationError& error) {
      EXPECT_THAT(error.what(), HasSubstr(std::string(name) + ":2:")) << error.what();
    }
  }
}

TEST_F(LanguageTest, ListsWithinListsOfYamlAreBounded) {
  std::string text = "uwsgi:\n  a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += fmt::format("  a{}: &a{} [", i, i);
    for (int k = 0; k < 9; ++k)
      text += fmt::format("*a{},", i - 1);
    text += "]\n";
  }
  texts_.files["a.yml"] = text;
  EXPECT_THROW(with_arguments({"a.yml"}), ConfigurationError);
}

TEST_F(LanguageTest, ASectionIsNotTakenForAnotherThatIsLonger) {
  texts_.files["a.ini"] = "[s]\nhttp = :9\n[s1]\nhttp = :1\nhttp-to = :2\n";
  EXPECT_EQ(with_arguments({"--ini", "a.ini:s1"}).config.http.listeners.at(0).address, ":1");
}

TEST_F(LanguageTest, WhatConditionsAskForIsNoSlipOfThePen) {
  const Loaded loaded =
      load(std::string("staging = 1\nif-opt = staging\nhttp-timeout = 3\nendif =\n") + serving);
  EXPECT_EQ(loaded.config.http.timeout, std::chrono::seconds(3));
  EXPECT_THAT(loaded.messages, Not(Contains(HasSubstr("unknown option"))));
}

TEST_F(LanguageTest, PluginsOfUwsgiAreAcceptedAndOthersSaid) {
  const Loaded loaded =
      load(std::string("plugins = 0:python311, http,router_rewrite,/x/psgi_plugin.so"
                       "\nplugin = nonsense\n") +
           serving);
  int said = 0;
  for (const std::string& line : loaded.messages)
    said += line.find("unable to load plugin") != std::string::npos ? 1 : 0;
  EXPECT_EQ(said, 1);
  EXPECT_THAT(refusal("need-plugin = nonsense\n"), HasSubstr("unable to load plugin \"nonsense\""));
}

TEST_F(LanguageTest, RefusedOptionsAreShownByShowConfigBeforeTheRefusal) {
  try {
    load("show-config = true\nchroot = /srv\n");
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_THAT(error.what(), HasSubstr("the option \"chroot\" is not supported\na.ini:3"));
    EXPECT_THAT(error.messages, Contains(HasSubstr("chroot = /srv\n")));
  }
}

TEST_F(LanguageTest, OptionsAreExplained) {
  const Loaded known = with_arguments({"--explain", "http-to"});
  EXPECT_EQ(known.action, Action::print_and_exit);
  EXPECT_EQ(known.status, 0);
  EXPECT_THAT(known.text, HasSubstr("http-to\n  takes: a value\n  support: full\n"));
  EXPECT_THAT(with_arguments({"--explain", "emperor"}).text, HasSubstr("refused"));
  EXPECT_THAT(with_arguments({"--explain", "listen"}).text, HasSubstr("-l\n"));
  const Loaded unknown = with_arguments({"--explain", "http-too"});
  EXPECT_EQ(unknown.status, 1);
  EXPECT_THAT(unknown.text, HasSubstr("did you mean \"http-to\"?"));
}

TEST_F(LanguageTest, AFallbackIsKnownAfterAMistakeToo) {
  try {
    load("fallback-config = b.ini\nhttp-processes = -1\n");
    FAIL();
  } catch (const ConfigurationError& error) {
    EXPECT_EQ(error.fallback, "b.ini");
  }
}

}  // namespace
}  // namespace reprise::compat
