#include "process/handover.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

#include <gtest/gtest.h>

namespace reprise::process {
namespace {

int some_descriptor() {
  return ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

TEST(HandoverTest, GivesBackWhatWasAdded) {
  const UniqueFd original(some_descriptor());
  Handover sent;
  sent.add("listener", "127.0.0.1:8443", original.get());
  sent.add("cache", "a name\twith\nodd %bytes", original.get());
  sent.add_child("uWSGI http 1", 4711);
  sent.set_brutal(true);
  const std::string text = sent.encode();

  // The receiver owns the numbers; give it descriptors of its own to own.
  Handover received = Handover::decode(text);
  EXPECT_TRUE(received.brutal());
  ASSERT_EQ(received.children().size(), 1u);
  EXPECT_EQ(received.children()[0].name, "uWSGI http 1");
  EXPECT_EQ(received.children()[0].pid, 4711);
  auto cache = received.take("cache", "a name\twith\nodd %bytes");
  ASSERT_TRUE(cache);
  EXPECT_FALSE(received.take("cache", "a name\twith\nodd %bytes")) << "only once";
  EXPECT_FALSE(received.take("stats", "127.0.0.1:8443")) << "another kind";
  auto listener = received.take("listener", "127.0.0.1:8443");
  ASSERT_TRUE(listener);
  // Both sides think that they own them: only one may close.
  static_cast<void>(cache->release());
  static_cast<void>(listener->release());
}

TEST(HandoverTest, LeavesOutWhatIsMalformedOrNotOpen) {
  const Handover received = Handover::decode(
      "listener\tx\t99999\nlistener\tx\tabc\nlistener\tx\t1\nchild\ty\t1\nchild\ty\t-"
      "5\nrubbish\n\n");
  EXPECT_TRUE(received.children().empty());
  EXPECT_FALSE(received.is_reload());
  Handover copy = Handover::decode("listener\tx\t1");
  EXPECT_FALSE(copy.take("listener", "x")) << "standard descriptors are never handed over";
}

TEST(HandoverTest, SurvivesTheEnvironmentAndForgetsIt) {
  const UniqueFd original(some_descriptor());
  Handover sent;
  sent.add("stats", ":5001", original.get());
  sent.send();
  ASSERT_NE(::getenv("REPRISE_HANDOVER"), nullptr);
  Handover received = Handover::receive();
  EXPECT_TRUE(received.is_reload());
  EXPECT_EQ(::getenv("REPRISE_HANDOVER"), nullptr);
  auto fd = received.take("stats", ":5001");
  ASSERT_TRUE(fd);
  EXPECT_EQ(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, FD_CLOEXEC) << "not leaked to children";
  static_cast<void>(fd->release());
}

TEST(HandoverTest, AFirstStartHasNone) {
  ::unsetenv("REPRISE_HANDOVER");
  const Handover received = Handover::receive();
  EXPECT_FALSE(received.is_reload());
  EXPECT_TRUE(received.children().empty());
}

}  // namespace
}  // namespace reprise::process
