#include "subscription/intake.hpp"

#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "harness.hpp"
#include "key_pair.hpp"
#include "subscription/directory.hpp"
#include "tests/unit/base/standard_error.hpp"

namespace reprise::subscription::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Source from(const char* address) {
  return {
      net::resolve(address, net::Role::connect), std::string_view(address).starts_with("127."), {}};
}

Source loopback() {
  return from("127.0.0.1:999");
}

class IntakeTest : public ::testing::Test {
protected:
  void begin_with(Settings settings, Admission admission = nullptr) {
    settings_ = std::move(settings);
    intake_.emplace(table_, settings_, server_, std::move(admission));
  }

  void take(const std::string& bytes, const Source& source = loopback(), std::int64_t ms = 0) {
    if (!intake_) begin_with({});
    intake_->take(bytes, source, at(ms));
  }

  std::uint64_t rejected(Rejection reason) {
    return table_.counters().rejected[static_cast<std::size_t>(reason)].get();
  }

  static std::string announce(std::string_view key, std::string_view address, bool leaves = false) {
    Announcement announcement;
    announcement.key = key;
    announcement.address = address;
    announcement.leaves = leaves;
    return packet_of(announcement);
  }

  Table table_{"test", {}};
  Settings settings_;
  ServerSettings server_{{}, "", "http"};
  std::optional<Intake> intake_;
};

TEST_F(IntakeTest, AnnouncesAndLeaves) {
  take(announce("k", "127.0.0.1:1"));
  take(announce("k", "/run/app.sock"));
  EXPECT_THAT(contents(table_), ElementsAre("k 127.0.0.1:1,/run/app.sock"));
  take(announce("k", "127.0.0.1:1", /*leaves=*/true));
  take(announce("other", "127.0.0.1:1", /*leaves=*/true));
  EXPECT_THAT(contents(table_), ElementsAre("k /run/app.sock"));
  EXPECT_EQ(table_.counters().leaves.get(), 1U);
}

TEST_F(IntakeTest, ANodeWithoutAHostIsWhereItAnnouncesFrom) {
  take(announce("k", ":3031"), from("192.0.2.7:5"));
  take(announce("k", "0.0.0.0:3031"), from("192.0.2.8:5"));
  EXPECT_THAT(contents(table_), ElementsAre("k 192.0.2.7:3031,192.0.2.8:3031"));
  take(announce("k", ":3031", /*leaves=*/true), from("192.0.2.7:6"));
  EXPECT_THAT(contents(table_), ElementsAre("k 192.0.2.8:3031"));
}

TEST_F(IntakeTest, NoResolverIsAsked) {
  take(announce("k", "localhost:3031"));
  take(announce("k", "127.0.0.1:0"));
  take(announce("k", "=0"));
  EXPECT_THAT(contents(table_), IsEmpty());
  EXPECT_GE(rejected(Rejection::bad_address), 3U);
}

TEST_F(IntakeTest, AnotherHostNamesNoSocketOfThisOne) {
  take(announce("k", "/run/docker.sock"), from("192.0.2.7:5"));
  EXPECT_THAT(contents(table_), IsEmpty());
  EXPECT_EQ(rejected(Rejection::foreign_socket), 1U);
}

TEST_F(IntakeTest, OnlyFromWhereItIsAllowed) {
  begin_with({}, [](const net::Endpoint& source) { return source.host() == "192.0.2.7"; });
  take(announce("k", "10.0.0.1:1"), from("192.0.2.7:5"));
  take(announce("k", "10.0.0.2:1"), from("192.0.2.8:5"));
  EXPECT_THAT(contents(table_), ElementsAre("k 10.0.0.1:1"));
  EXPECT_EQ(rejected(Rejection::unlisted), 1U);
}

TEST_F(IntakeTest, ASourceThatFloodsIsHeardNoMore) {
  for (int i = 0; i < 9000; ++i)
    take("nonsense", from("192.0.2.7:5"));
  EXPECT_EQ(rejected(Rejection::malformed), static_cast<std::uint64_t>(Budget::at_once));
  take(announce("k", "192.0.2.7:1"), from("192.0.2.7:5"));
  take(announce("l", "192.0.2.8:1"), from("192.0.2.8:5"));
  EXPECT_THAT(contents(table_), ElementsAre("l 192.0.2.8:1"));
  take(announce("k", "192.0.2.7:1"), from("192.0.2.7:5"), 1000);
  EXPECT_EQ(contents(table_).size(), 2U) << "it has a budget again";
}

std::size_t lines_with(const std::vector<std::string>& lines, std::string_view words) {
  return static_cast<std::size_t>(
      std::count_if(lines.begin(), lines.end(),
                    [&](const std::string& line) { return line.find(words) != line.npos; }));
}

TEST_F(IntakeTest, WhoComesAndGoesFillsNoLog) {
  reprise::testing::StandardError error;
  std::vector<std::string> lines;
  const auto collect = [&] {
    for (std::string& line : error.writes())
      lines.push_back(std::move(line));
  };
  for (int i = 0; i < 2000; ++i) {
    take(announce("k", "127.0.0.1:1", /*leaves=*/i % 2 == 1));
    collect();
  }
  intake_->sweep(at(0));
  collect();
  const std::size_t said = lines_with(lines, "k ");
  EXPECT_GE(said, 100U) << "those that are read";
  EXPECT_LE(said, 2900U);
  EXPECT_EQ(lines_with(lines, "subscription.lines_left_out router=\"http\" lines=\"" +
                                  std::to_string(3000 - said) + "\""),
            1U);
  intake_->sweep(at(0));
  EXPECT_EQ(error.writes().size(), 0U) << "told once";
}

TEST_F(IntakeTest, FilesNamedLikeKeysProveWhoseTheyAre) {
  const KeyPair files("k");
  std::filesystem::copy(files.private_file, files.directory + "/app");
  Settings settings;
  settings.credential_directories = {{files.directory, ""}};
  begin_with(settings);
  Source sender = loopback();
  take(announce("app", "127.0.0.1:1"), sender);
  sender.credentials = Credentials{1, ::getuid() + 1, ::getgid()};
  take(announce("app", "127.0.0.1:1"), sender);
  sender.credentials = Credentials{1, ::getuid(), ::getgid()};
  take(announce("../app", "127.0.0.1:1"), sender);
  EXPECT_EQ(rejected(Rejection::credentials), 3U);
  take(announce("app", "127.0.0.1:1"), sender);
  EXPECT_THAT(contents(table_), ElementsAre("app 127.0.0.1:1"));
}

class Signed : public IntakeTest {
protected:
  Signed() {
    Settings settings;
    settings.sign_check = SignCheck{"SHA256", keys_.directory, ""};
    settings.skip_users = {{"4711", ""}};
    begin_with(settings);
  }

  static constexpr std::uint64_t now = 1'800'000'000;

  std::string make(std::uint64_t unix, bool leaves = false, const char* address = "127.0.0.1:1",
                   const char* digest = "SHA256") {
    Announcement announcement;
    announcement.key = "app.example:8080";
    announcement.address = address;
    announcement.unix = unix;
    announcement.leaves = leaves;
    std::string begun = begin(announcement);
    const std::string signature =
        sign(read_private_key(keys_.private_file), digest, signed_part_of(begun));
    return finish(std::move(begun), signature).value();
  }

  bool is_there() const { return !contents(table_).empty(); }

  KeyPair keys_{"app.example_8080"};
};

TEST_F(Signed, OnlyWithTheRightSignature) {
  take(announce("app.example:8080", "127.0.0.1:1"));
  EXPECT_EQ(rejected(Rejection::not_signed), 1U);
  std::string changed = make(now);
  changed[changed.find("127.0.0.1:1") + 10] = '2';
  take(changed);
  take(make(now, false, "127.0.0.1:1", "SHA1"));
  EXPECT_EQ(rejected(Rejection::bad_signature), 2U);
  EXPECT_FALSE(is_there());
  take(make(now));
  EXPECT_TRUE(is_there());
  take(announce("app.example:8080", "127.0.0.1:1", /*leaves=*/true));
  EXPECT_TRUE(is_there());
}

TEST_F(Signed, NotWithoutAKeyFile) {
  std::filesystem::remove(keys_.directory + "/app.example_8080.pem");
  take(make(now));
  EXPECT_FALSE(is_there());
  EXPECT_EQ(rejected(Rejection::bad_signature), 1U);
}

TEST_F(Signed, NothingIsHeardTwice) {
  const std::string first = make(now), second = make(now + 1), leave = make(now + 6, true);
  take(first);
  take(second, loopback(), 1000);
  take(first, loopback(), 2000);
  take(second, loopback(), 2000);
  EXPECT_EQ(rejected(Rejection::stale), 2U);
  take(leave, loopback(), 5000);
  EXPECT_FALSE(is_there());
  take(second, loopback(), 6000);
  EXPECT_FALSE(is_there()) << "nor after it has left";
  take(make(now + 6), loopback(), 6000);
  EXPECT_TRUE(is_there()) << "an announce of the leave's second is the later one";
  take(leave, loopback(), 7000);
  EXPECT_TRUE(is_there()) << "a leave counts once, too";
}

TEST_F(Signed, NeitherOldNorFarAhead) {
  take(make(now - 86'401));
  take(make(now + 86'401));
  EXPECT_EQ(rejected(Rejection::stale), 2U);
  take(make(now - 86'400));
  EXPECT_TRUE(is_there());
}

TEST_F(Signed, WithTheWholeAddress) {
  take(make(now, false, ":3031"));
  EXPECT_FALSE(is_there()) << "who repeats it would be its host";
  EXPECT_EQ(rejected(Rejection::bad_address), 1U);
}

TEST_F(Signed, SomeUsersNeedNone) {
  Source sender = loopback();
  sender.credentials = Credentials{1, 4711, 0};
  take(announce("k", "127.0.0.1:1"), sender);
  EXPECT_TRUE(is_there());
}

TEST(Stamps, WhoIsForgottenHasToBeNewer) {
  const auto stamps = std::make_unique<Stamps>();
  for (std::uint64_t i = 0; i <= Stamps::probes; ++i)
    stamps->note(Stamps::capacity * (i + 1), /*leaves=*/false, 1000 + i);
  EXPECT_FALSE(stamps->is_new(Stamps::capacity, false, 1000)) << "it had to make room";
  EXPECT_TRUE(stamps->is_new(Stamps::capacity, false, 1001));
}

TEST(DirectoryTest, WiderNamesAndTheFallback) {
  Table table("test", {});
  for (const char* key : {".example.com", "rest", "b.test"})
    table.announce(node(key, key), Moment());
  Settings settings;
  ServerSettings server{{}, "rest", "http"};
  const Directory directory(table, settings, server, 0);
  const auto found = [&](std::string_view key) {
    const auto lease = directory.find(key, "");
    return lease ? std::string(lease->address()) : "";
  };
  EXPECT_EQ(found("b.test"), "b.test");
  EXPECT_EQ(found("a.example.com"), "rest");
  settings.dotsplit = true;
  EXPECT_EQ(found("a.example.com"), ".example.com");
  EXPECT_EQ(found("a.b.c.d.example.com"), ".example.com");
  EXPECT_EQ(found("a.b.c.d.e.example.com"), "rest") << "after five names";
  EXPECT_EQ(found("example.com"), "rest");
  server.fallback_key = "";
  EXPECT_EQ(found("example.com"), "");
}

}  // namespace
}  // namespace reprise::subscription::testing
