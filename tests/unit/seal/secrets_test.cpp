#include "seal/secrets.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reprise::seal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string line_one = "reprise-secret-1:" + std::string(62, 'a') + "01\n";
const std::string line_two = "reprise-secret-1:" + std::string(62, 'B') + "02\n";

class SecretsTest : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "secretsXXXXXX";
    folder_ = ::mkdtemp(pattern.data());
    path_ = folder_ + "/secret";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& text, mode_t mode = 0600) {
    std::filesystem::remove(path_);
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
  }
  std::string read() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  std::string refusal() const {
    try {
      read_secrets(path_);
    } catch (const std::exception& error) {
      return error.what();
    }
    return "";
  }

  std::string folder_;
  std::string path_;
};

TEST_F(SecretsTest, ReadsThemInTheirOrder) {
  write("# of the cluster\n\n" + line_one + "\n" + line_two);
  const auto secrets = read_secrets(path_);
  ASSERT_EQ(secrets->count, 2u);
  EXPECT_EQ(secrets->list[0][0], 0xaa);
  EXPECT_EQ(secrets->list[0][31], 0x01);
  EXPECT_EQ(secrets->list[1][0], 0xbb);
  EXPECT_EQ(secrets->list[1][31], 0x02);
}

TEST_F(SecretsTest, WhatIsNoneIsRefusedWithItsLineAndNeverShown) {
  const auto refusal_of = [&](const std::string& text) {
    write(text);
    return refusal();
  };
  EXPECT_THAT(refusal_of(""), HasSubstr("there is no secret"));
  EXPECT_THAT(refusal_of("# only\n"), HasSubstr("there is no secret"));
  EXPECT_THAT(refusal_of(line_one + "password\n"), HasSubstr("secret:2: "));
  EXPECT_THAT(refusal_of(line_one + "password\n"), Not(HasSubstr("password")));
  EXPECT_THAT(refusal_of(line_one.substr(0, 80) + "\n"), HasSubstr("secret:1: 64 hex"));
  EXPECT_THAT(refusal_of("reprise-secret-1:" + std::string(64, 'g') + "\n"), HasSubstr("64 hex"));
  EXPECT_THAT(refusal_of("reprise-secret-1:" + std::string(64, '7') + "\n"),
              HasSubstr("all of its bytes are the same"));
  EXPECT_THAT(refusal_of(line_one + line_one), HasSubstr("secret:2: this secret is here twice"));
  std::string many;
  for (char c = '1'; c <= '9'; ++c)
    many += "reprise-secret-1:" + std::string(62, 'a') + "0" + c + "\n";
  EXPECT_THAT(refusal_of(many), HasSubstr("at most 8 secrets"));
  EXPECT_THAT(refusal_of(std::string(5000, '#')), HasSubstr("at most 4096 bytes"));
}

TEST_F(SecretsTest, AFileThatOthersMayAccessIsRefused) {
  for (const mode_t mode : {0640, 0604, 0660, 0610, 0601}) {
    write(line_one, mode);
    EXPECT_THAT(refusal(), HasSubstr("group or others may access it")) << std::oct << mode;
  }
  for (const mode_t mode : {0600, 0400}) {
    write(line_one, mode);
    EXPECT_EQ(refusal(), "") << std::oct << mode;
  }
}

TEST_F(SecretsTest, ItIsTheOpenedFileThatIsJudged) {
  const std::string target = path_ + ".target";
  write(line_one, 0644);
  std::filesystem::rename(path_, target);
  std::filesystem::create_symlink(target, path_);
  EXPECT_THAT(refusal(), HasSubstr("group or others"));
  ::chmod(target.c_str(), 0600);
  EXPECT_EQ(refusal(), "");
}

TEST_F(SecretsTest, WhatIsNoRegularFileIsRefusedAndNotWaitedFor) {
  EXPECT_THAT(refusal(), HasSubstr("reprise genkey"));
  ::mkfifo(path_.c_str(), 0600);
  EXPECT_THAT(refusal(), HasSubstr("regular file"));
  std::filesystem::remove(path_);
  ::mkdir(path_.c_str(), 0700);
  EXPECT_THAT(refusal(), HasSubstr("regular file"));
}

TEST_F(SecretsTest, SomebodyElsesFileIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give files away";
  write(line_one);
  ASSERT_EQ(::chown(path_.c_str(), 65534, 65534), 0);
  EXPECT_THAT(refusal(), HasSubstr("belongs to user 65534"));
}

TEST_F(SecretsTest, MakesAFileThatIsTakenAndReplacesNone) {
  const mode_t before = ::umask(0277);
  write_secret(path_);
  ::umask(before);
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 07777, 0600u);
  const auto first = read_secrets(path_);
  EXPECT_EQ(first->count, 1u);
  EXPECT_THROW(write_secret(path_), std::system_error);
  std::filesystem::remove(path_);
  write_secret(path_);
  EXPECT_NE(read_secrets(path_)->list[0], first->list[0]);
}

TEST_F(SecretsTest, AddsASecretAtTheEndAndKeepsTheRest) {
  write("# ours\n" + line_one.substr(0, line_one.size() - 1));
  add_secret(path_);
  EXPECT_THAT(read(), HasSubstr("# ours\n" + line_one));
  auto secrets = read_secrets(path_);
  ASSERT_EQ(secrets->count, 2u);
  EXPECT_EQ(secrets->list[0][31], 0x01);
  for (int i = 2; i < 8; ++i)
    add_secret(path_);
  EXPECT_EQ(read_secrets(path_)->count, 8u);
  EXPECT_THROW(add_secret(path_), std::runtime_error);
  EXPECT_EQ(read_secrets(path_)->count, 8u);
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

}  // namespace
}  // namespace reprise::seal
