#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

#include <gtest/gtest.h>

#include "process/pidfile.hpp"
#include "process/privileges.hpp"

namespace reprise::process {
namespace {

class PidfileTest : public testing::Test {
protected:
  PidfileTest() {
    char pattern[] = "/tmp/reprise-pidfile-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    path_ = directory_ + "/pid";
  }
  ~PidfileTest() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& text) { std::ofstream(path_) << text; }

  std::string directory_;
  std::string path_;
};

TEST_F(PidfileTest, HoldsThePidAndALineEnd) {
  write("something much longer than a pid\n");
  write_pidfile(path_);
  std::ifstream file(path_);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  EXPECT_EQ(text, std::to_string(::getpid()) + "\n");
}

TEST_F(PidfileTest, SignalsTheProcessInIt) {
  write_pidfile(path_);
  EXPECT_NO_THROW(signal_pidfile(path_, 0));
}

TEST_F(PidfileTest, RefusesWhatWouldSignalOthers) {
  for (const char* text :
       {"0\n", "-1\n", "1\n", "", "abc\n", "12abc\n", "99999999999999999999\n"}) {
    write(text);
    EXPECT_THROW(signal_pidfile(path_, 0), std::runtime_error) << text;
  }
}

TEST_F(PidfileTest, TellsWhyItCannot) {
  try {
    signal_pidfile(directory_ + "/missing", SIGTERM);
    FAIL();
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code().value(), ENOENT);
  }
  EXPECT_THROW(write_pidfile(directory_ + "/no/such/folder"), std::system_error);
}

TEST(PrivilegesTest, NamesAndNumbersAreUnderstood) {
  const Identity root = resolve_identity("root", "");
  EXPECT_EQ(root.uid, 0u);
  EXPECT_EQ(root.gid, 0u) << "the user's own group";
  const Identity numbers = resolve_identity("54321", "54322");
  EXPECT_EQ(numbers.uid, 54321u);
  EXPECT_EQ(numbers.gid, 54322u);
  EXPECT_EQ(numbers.groups, std::vector<gid_t>{54322});
  EXPECT_FALSE(resolve_identity("", "").uid);
}

TEST(PrivilegesTest, UnknownNamesAreRefusedInUwsgisWords) {
  EXPECT_THROW(
      try { resolve_identity("no-such-user", ""); } catch (const std::runtime_error& e) {
        EXPECT_STREQ(e.what(), "user no-such-user not found.");
        throw;
      },
      std::runtime_error);
  EXPECT_THROW(resolve_identity("", "no-such-group"), std::runtime_error);
  EXPECT_THROW(resolve_identity("54321", ""), std::runtime_error) << "no group to go to";
}

}  // namespace
}  // namespace reprise::process
