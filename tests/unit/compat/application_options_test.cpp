
#include <gmock/gmock.h>

#include "compat/load.hpp"
#include "compat/source.hpp"

namespace reprise::compat {
namespace {

using application::AppSettings;
using application::Protocol;
using testing::ElementsAre;
using testing::HasSubstr;

class OneFile final : public FileReader {
public:
  explicit OneFile(std::string text) : text_(std::move(text)) {}
  std::string read(const std::string&, std::size_t) const override { return text_; }

private:
  std::string text_;
};

Loaded load(const std::string& ini) {
  return compat::load({"reprise", "--ini", "a.ini"}, OneFile("[uwsgi]\n" + ini), {});
}

application::Settings settings(const std::string& ini) {
  return load(ini).config.application;
}

std::string refusal(const std::string& ini) {
  try {
    load(ini);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "accepted";
}

TEST(ApplicationOptions, AModuleWithItsCallable) {
  const auto s = settings("module = package.module:name()\nhttp = :1\ncallable = other\n");
  ASSERT_EQ(s.apps.size(), 1u);
  EXPECT_EQ(s.apps[0].target, "package.module");
  EXPECT_EQ(s.apps[0].callable, "name()");
  EXPECT_EQ(s.callable, "other");
  EXPECT_TRUE(s.wanted());
}

TEST(ApplicationOptions, TheLastModuleAndThenTheFileAndThenMounts) {
  const auto s = settings(
      "mount = /a=m:a\nwsgi-file = f.py\nmodule = first\nwsgi = last\nmount = /b=b.py\nhttp = "
      ":1\n");
  std::vector<std::string> targets;
  for (const AppSettings& app : s.apps)
    targets.push_back(app.mountpoint + "=" + app.target);
  EXPECT_THAT(targets, ElementsAre("=last", "=f.py", "/a=m", "/b=b.py"));
  EXPECT_EQ(s.apps[3].kind, AppSettings::Kind::file);
}

TEST(ApplicationOptions, MountsThatAreNone) {
  EXPECT_THAT(refusal("mount = foo\nhttp = :1\n"), HasSubstr("invalid mountpoint: foo"));
  const Loaded loaded = load("mount = /p=module\nhttp = :1\n");
  EXPECT_TRUE(loaded.config.application.apps.empty());
  EXPECT_THAT(loaded.messages, testing::Contains(HasSubstr("without ':' has no effect")));
}

TEST(ApplicationOptions, SocketsAreTheApplicationsIfThereIsOne) {
  const auto s = settings("socket = 127.0.0.1:1\nhttp-socket = 127.0.0.1:2\nmodule = m\n");
  ASSERT_EQ(s.sockets.size(), 2u);
  EXPECT_EQ(s.sockets[0].protocol, Protocol::http);
  EXPECT_EQ(s.sockets[1].protocol, Protocol::uwsgi);
  const Loaded cache = load("socket = 127.0.0.1:1\nplugins = cache\nhttp = :2\n");
  EXPECT_EQ(cache.config.sync.tcp_servers.size(), 1u);
  EXPECT_FALSE(cache.config.application.wanted());
}

TEST(ApplicationOptions, HowManyProcessesAndWhatLimits) {
  const auto s = settings(
      "module = m\nhttp = :1\nprocesses = 4\nthreads = 2\nharakiri = 30\nmax-requests = 1000\n"
      "lazy-apps = true\nneed-app = true\nno-default-app = true\nlimit-post = 9\n");
  EXPECT_EQ(s.processes, 4);
  EXPECT_EQ(s.threads, 2);
  EXPECT_EQ(s.harakiri.count(), 30);
  EXPECT_EQ(s.max_requests, 1000u);
  EXPECT_EQ(s.limit_post, 9u);
  EXPECT_TRUE(s.lazy && s.need_app && !s.default_app);
}

TEST(ApplicationOptions, PythonsSurroundings) {
  const auto s = settings(
      "module = m\nhttp = :1\npp = /a\npythonpath = /b\nvenv = /v\npyargv = a  b\nenv = X=Y\n"
      "wsgi-disable-file-wrapper = true\n");
  EXPECT_THAT(s.python.paths, ElementsAre("/a", "/b"));
  EXPECT_EQ(s.python.home.text, "/v");
  EXPECT_THAT(s.python.arguments, ElementsAre("a", "b"));
  EXPECT_THAT(s.environment, ElementsAre("X=Y"));
  EXPECT_FALSE(s.python.file_wrapper);
}

TEST(ApplicationOptions, EveryOptionIsKeptForTheApplication) {
  const auto s = settings("module = m\nhttp = :1\nmaster = true\nmine = value\n");
  EXPECT_THAT(s.options,
              testing::Contains(testing::Pair("mine", testing::Optional(std::string("value")))));
}

TEST(ApplicationOptions, ARouterAloneWantsNone) {
  EXPECT_FALSE(settings("http = :1\nhttp-to = 127.0.0.1:2\nprocesses = 4\n").wanted());
}

}  // namespace
}  // namespace reprise::compat
