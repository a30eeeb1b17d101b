#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cache/geometry.hpp"
#include "cache/layout.hpp"
#include "cache/owner.hpp"
#include "cache/store_file.hpp"
#include "harness.hpp"

namespace reprise::cache {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StoreTest : public testing::Test {
protected:
  StoreTest() {
    char pattern[] = "/tmp/reprise-store-XXXXXX";
    directory_ = ::mkdtemp(pattern);
    settings_.name = "ssl";
    settings_.max_items = 100;
    settings_.blocksize = 1000;
    settings_.keysize = 100;
    settings_.store = directory_ + "/store";
  }
  ~StoreTest() override {
    close();
    std::filesystem::remove_all(directory_);
  }

  void open(UniqueFd inherited = {}) {
    OpenedStore opened = open_store(settings_, now_, StorePurpose::use, std::move(inherited));
    cache_ = std::move(opened.cache);
    lines_ = std::move(opened.lines);
  }
  void close() {
    if (cache_) {
      EXPECT_EQ(cache_->verify(), "");
    }
    cache_.reset();
  }
  void reopen() {
    close();
    open();
  }
  std::string refusal() {
    try {
      open();
    } catch (const StoreRefused& refused) {
      return refused.what();
    }
    return "opened";
  }
  std::string get(Bytes key) {
    const auto item = cache_->get(key, now_);
    return item ? item->value : "(none)";
  }
  void fill(int from, int to, std::uint64_t lasts = 0) {
    for (int i = from; i < to; ++i) {
      ASSERT_EQ(cache_->set(name(i), value(i), lasts == 0 ? 0 : now_ + lasts, now_),
                SetResult::stored);
    }
  }
  static std::string name(int i) { return "key-" + std::to_string(i); }
  static std::string value(int i) {
    return "value-" + std::to_string(i) + std::string(static_cast<std::size_t>(i * 3 % 400), 'v');
  }

  // Changes the closed file.
  void overwrite(std::size_t at, const std::string& bytes) {
    std::fstream file(settings_.store, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(static_cast<std::streamoff>(at));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    ASSERT_TRUE(file.good());
  }
  std::string content() {
    std::ifstream file(settings_.store, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  mode_t mode() {
    struct stat status {};
    EXPECT_EQ(::stat(settings_.store.c_str(), &status), 0);
    return status.st_mode & 07777;
  }
  std::size_t items() { return cache_->counts().items; }

  std::string directory_;
  Settings settings_;
  UnixSeconds now_ = 1'000'000;
  std::unique_ptr<Cache> cache_;
  std::vector<std::string> lines_;
};

constexpr char not_fitting[] =
    "invalid cache store file. Please remove it or fix cache blocksize/items to match its size\n";

TEST_F(StoreTest, IsMadeForItsOwnerAlone) {
  open();
  EXPECT_THAT(lines_, ElementsAre("creating a new cache store file: " + settings_.store));
  EXPECT_EQ(mode(), 0600u);
}

TEST_F(StoreTest, GivesEverythingBackAfterARestart) {
  open();
  fill(0, 50);
  fill(50, 99, 100);
  get(name(3));
  now_ += 10;
  reopen();
  EXPECT_THAT(lines_, ElementsAre("recovered cache from backing store file: " + settings_.store,
                                  "[uwsgi-cache] restored 99 items"));
  for (int i = 0; i < 99; ++i)
    ASSERT_EQ(get(name(i)), value(i)) << i;
  EXPECT_EQ(cache_->counts().hits, 99u) << "the cache's counters begin anew";
  now_ += 90;
  EXPECT_EQ(get(name(60)), "(none)") << "what expires does so when it should";
  EXPECT_EQ(cache_->sweep(now_, 1000).freed, 49u);
}

TEST_F(StoreTest, KeepsTheNumberOfItsOwner) {
  open();
  EXPECT_EQ(owner_of(*cache_), 0u);
  EXPECT_TRUE(set_owner(*cache_, 4711));
  fill(0, 3);
  reopen();
  EXPECT_EQ(owner_of(*cache_), 4711u);
  EXPECT_EQ(get(name(1)), value(1));
  cache_.reset();
  // No number that it could have had.
  overwrite(offsetof(Header, owner), std::string(8, '\xff'));
  open();
  EXPECT_EQ(owner_of(*cache_), 0u);
  EXPECT_EQ(get(name(1)), value(1));
}

TEST_F(StoreTest, ManyShardsComeBack) {
  settings_.max_items = 20000;
  open();
  fill(0, 19999);
  reopen();
  EXPECT_EQ(items(), 19999u);
  for (int i = 0; i < 19999; i += 7)
    ASSERT_EQ(get(name(i)), value(i)) << i;
  EXPECT_EQ(cache_->set("too many", "v", 0, now_), SetResult::full) << "the limit counts them";
}

TEST_F(StoreTest, WhatHasExpiredMeanwhileIsDropped) {
  open();
  fill(0, 20, 5);
  fill(20, 30);
  now_ += 5;
  reopen();
  EXPECT_EQ(items(), 10u);
}

TEST_F(StoreTest, TheOrderOfUseSurvives) {
  settings_.eviction = Eviction::least_recently_used;
  settings_.max_items = 4;
  open();
  fill(0, 3);
  get(name(0));
  reopen();
  fill(3, 4);
  EXPECT_EQ(get(name(0)), value(0));
  EXPECT_EQ(get(name(1)), "(none)") << "the original's eviction was dead after a recovery";
}

TEST_F(StoreTest, BlocksInUseAreKnownAfterARestart) {
  settings_.bitmap = true;
  settings_.max_items = settings_.blocks = 10;
  open();
  const std::string large(5000, 'l');
  ASSERT_EQ(cache_->set("a", large, 0, now_), SetResult::stored);
  ASSERT_EQ(cache_->set("b", std::string(4000, 'b'), 0, now_), SetResult::stored);
  reopen();
  // In the original the next set overwrote live values.
  EXPECT_EQ(cache_->set("c", std::string(2000, 'c'), 0, now_), SetResult::full);
  EXPECT_EQ(cache_->set("c", std::string(1000, 'c'), 0, now_), SetResult::stored);
  EXPECT_EQ(get("a"), large);
}

TEST_F(StoreTest, AHashOfAnotherNameChangesNothing) {
  open();
  fill(0, 50);
  settings_.hash = Hash::murmur2;
  settings_.hashsize = 7;
  reopen();
  EXPECT_EQ(get(name(30)), value(30)) << "in the original they could not be found again";
}

TEST_F(StoreTest, AnotherGeometryIsRefusedInWords) {
  open();
  fill(0, 10);
  close();
  const Settings fitting = settings_;
  settings_.blocksize = 2000;
  EXPECT_EQ(refusal(), not_fitting + ("cache \"ssl\": " + settings_.store) +
                           ": blocksize=1000 in the file, 2000 here");
  settings_ = fitting;
  settings_.max_items = 200;
  settings_.keysize = 64;
  EXPECT_THAT(refusal(), HasSubstr("items=100 in the file, 200 here; keysize=100 in the file"));
  settings_ = fitting;
  settings_.bitmap = true;
  EXPECT_THAT(refusal(), HasSubstr("bitmap=0 in the file, 1 here"));
  settings_ = fitting;
  open();
  EXPECT_EQ(items(), 10u) << "refusing changes nothing";
}

TEST_F(StoreTest, WhatIsNoStoreIsRefusedAndStays) {
  for (const std::string text : {"text", "", "zeros"}) {
    const std::string foreign =
        text == "zeros" ? std::string(90000, '\0') : text + std::string(90000, 'x');
    std::ofstream(settings_.store, std::ios::binary) << foreign;
    EXPECT_THAT(refusal(), HasSubstr("it is no cache store of this program"));
    EXPECT_EQ(content(), foreign);
  }
}

TEST_F(StoreTest, AnotherLayoutAndADamagedHeaderAreRefused) {
  open();
  close();
  overwrite(offsetof(Preamble, version), std::string("\x01", 1));
  EXPECT_THAT(refusal(), HasSubstr("its layout is version 1, this program's is 3"));
  overwrite(offsetof(Preamble, version), std::string("\x03", 1));
  overwrite(offsetof(Preamble, secret), "x");
  EXPECT_THAT(refusal(), HasSubstr("its header is damaged"));
}

TEST_F(StoreTest, AFileThatWasCutIsRefused) {
  open();
  close();
  std::filesystem::resize_file(settings_.store, std::filesystem::file_size(settings_.store) - 1);
  EXPECT_THAT(refusal(), HasSubstr("it has "));
  std::filesystem::resize_file(settings_.store, 100);
  EXPECT_THAT(refusal(), HasSubstr("it is no cache store"));
}

TEST_F(StoreTest, IsReplacedIfThatIsAskedFor) {
  std::ofstream(settings_.store) << "something else";
  settings_.replace_store = true;
  open();
  EXPECT_THAT(lines_, ElementsAre("Removing invalid cache store file: " + settings_.store,
                                  "creating a new cache store file: " + settings_.store));
  fill(0, 10);
  reopen();
  EXPECT_EQ(items(), 10u) << "one that fits is not";
}

TEST_F(StoreTest, OneWhoseMakingWasInterruptedIsMadeAgain) {
  open();
  close();
  overwrite(0, std::string(8, '\0'));
  open();
  EXPECT_THAT(lines_, ElementsAre("creating a new cache store file: " + settings_.store));
}

TEST_F(StoreTest, AnOpenModeIsTightened) {
  open();
  close();
  ::chmod(settings_.store.c_str(), 0644);
  open();
  EXPECT_EQ(mode(), 0600u);
}

TEST_F(StoreTest, ADirectoryADeviceAndAPipeAreRefused) {
  settings_.store = directory_;
  EXPECT_THROW(open(), std::system_error);
  settings_.store = "/dev/null";
  EXPECT_THAT(refusal(), HasSubstr("it is no regular file"));
  settings_.store = directory_ + "/pipe";
  ASSERT_EQ(::mkfifo(settings_.store.c_str(), 0600), 0);
  EXPECT_THAT(refusal(), HasSubstr("it is no regular file"));
  settings_.store = directory_ + "/none/store";
  EXPECT_THROW(open(), std::system_error);
}

TEST_F(StoreTest, TwoInstancesDoNotShareOne) {
  open();
  const pid_t other = ::fork();
  if (other == 0) {
    try {
      open_store(settings_, now_, StorePurpose::use);
      ::_exit(1);
    } catch (const StoreRefused& refused) {
      ::_exit(std::string(refused.what()).find("is in use by another instance") != std::string::npos
                  ? 0
                  : 2);
    }
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
}

TEST_F(StoreTest, ASuccessorTakesItOverAsItIs) {
  open();
  fill(0, 10);
  get(name(1));
  const std::unique_ptr<Cache> running = std::move(cache_);
  open(UniqueFd(::dup(running->region_fd())));
  EXPECT_THAT(lines_, ElementsAre());
  EXPECT_EQ(cache_->counts().hits, 1u);
  running->set("later", "v", 0, now_);
  EXPECT_EQ(get("later"), "v") << "both use it while the former one ends";
}

TEST_F(StoreTest, ASuccessorOfAnotherGeometryIsRefusedOrReplaces) {
  open();
  fill(0, 10);
  const std::unique_ptr<Cache> running = std::move(cache_);
  settings_.max_items = 300;
  EXPECT_THROW(open(UniqueFd(::dup(running->region_fd()))), StoreRefused);
  settings_.replace_store = true;
  open(UniqueFd(::dup(running->region_fd())));
  EXPECT_EQ(items(), 0u);
  EXPECT_EQ(running->counts().items, 10u) << "the former one keeps what it had";
}

TEST_F(StoreTest, ACheckChangesNothing) {
  const auto check = [&] { return open_store(settings_, now_, StorePurpose::check); };
  check();
  EXPECT_FALSE(std::filesystem::exists(settings_.store));
  open();
  fill(0, 10);
  close();
  const std::string before = content();
  check();
  settings_.max_items = 300;
  EXPECT_THROW(check(), StoreRefused);
  settings_.replace_store = true;
  check();
  EXPECT_EQ(content(), before);
}

// Damage: the item it is done to goes, the others stay.

TEST_F(StoreTest, AnItemWhoseBytesChangedIsDropped) {
  open();
  fill(0, 50);
  close();
  const std::string all = content();
  const std::size_t at = all.find("value-30");
  ASSERT_NE(at, std::string::npos);
  overwrite(at, "VALUE");
  open();
  EXPECT_EQ(items(), 49u);
  EXPECT_EQ(get(name(30)), "(none)");
  EXPECT_EQ(get(name(29)), value(29));
}

TEST_F(StoreTest, EveryLostPageCostsItsItemsAlone) {
  open();
  fill(0, 99);
  close();
  const std::string all = content();
  const Offsets offsets = offsets_of(geometry_of(settings_));
  constexpr std::size_t page = 4096;
  for (std::size_t at = page; at < all.size(); at += page) {
    // As if the page had never reached the disk.
    overwrite(at, std::string(page, '\0'));
    open();
    const bool of_items = at >= offsets.shards + offsets.cells;
    if (!of_items) {
      EXPECT_EQ(items(), 99u) << "state, table and heap are made anew";
    }
    EXPECT_GE(items(), 99u - page / sizeof(Cell) - 1);
    for (int i = 0; i < 99; ++i) {
      const std::string got = get(name(i));
      ASSERT_TRUE(got == value(i) || (of_items && got == "(none)")) << i;
    }
    close();
    std::ofstream(settings_.store, std::ios::binary) << all;
  }
}

TEST_F(StoreTest, TornStateIsNotBelieved) {
  open();
  fill(0, 99);
  close();
  const Offsets offsets = offsets_of(geometry_of(settings_));
  overwrite(offsets.states, std::string(sizeof(ShardState), '\xff'));
  overwrite(offsets.shards, std::string(512, '\xff'));
  overwrite(offsets.shards + offsets.heap, std::string(400, '\xff'));
  open();
  EXPECT_EQ(items(), 99u);
  for (int i = 0; i < 99; ++i)
    ASSERT_EQ(get(name(i)), value(i));
}

TEST_F(StoreTest, CellsThatLeadAstrayAreNotFollowed) {
  open();
  fill(0, 99);
  close();
  const std::string all = content();
  const Offsets offsets = offsets_of(geometry_of(settings_));
  const std::size_t cells = offsets.shards + offsets.cells;
  for (std::uint32_t link : {0u, 1u, 2u, 99u, 0x3fffffffu}) {
    for (std::uint32_t kind : {0u, 1u, 2u, 3u}) {
      const std::uint32_t word = kind << 30 | link;
      for (std::size_t cell = 1; cell < 20; ++cell) {
        overwrite(cells + cell * sizeof(Cell), {reinterpret_cast<const char*>(&word), sizeof word});
      }
      open();
      EXPECT_GE(items(), 60u);
      close();
      std::ofstream(settings_.store, std::ios::binary) << all;
    }
  }
}

class VersionsTest : public StoreTest, public ::testing::WithParamInterface<std::uint64_t> {};

TEST_P(VersionsTest, DamagedOnesAreNumberedAnew) {
  open();
  for (int i = 0; i < 20; ++i)
    ASSERT_EQ(cache_->set(name(i), "v", 0, now_), SetResult::stored);  // a cell each
  close();
  const Offsets offsets = offsets_of(geometry_of(settings_));
  const std::size_t first = offsets.shards + offsets.cells + sizeof(Cell);
  const std::uint64_t version = GetParam();
  for (std::size_t i = 0; i < 20; ++i) {
    overwrite(first + i * sizeof(Cell) + offsetof(HeadCell, version),
              {reinterpret_cast<const char*>(&version), sizeof version});
  }
  open();
  EXPECT_EQ(items(), 20u);
  for (int i = 0; i < 20; ++i)
    cache_->update(name(i), "w", 0, now_);
  EXPECT_EQ(cache_->verify(), "");
}

INSTANTIATE_TEST_SUITE_P(Damage, VersionsTest, ::testing::Values(7, std::uint64_t{1} << 62));

TEST_F(StoreTest, AProcessKilledWhileWritingLosesNothingElse) {
  open();
  fill(0, 50);
  const pid_t child = ::fork();
  if (child == 0) {
    for (int i = 0;; ++i)
      cache_->update("busy" + name(i % 40), value(i), 0, now_);
  }
  ::usleep(20000);
  ::kill(child, SIGKILL);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  cache_.reset();  // nobody repairs before the restart
  open();
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(get(name(i)), value(i));
}

}  // namespace
}  // namespace reprise::cache
