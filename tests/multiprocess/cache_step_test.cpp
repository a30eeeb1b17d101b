// A process is stopped after every single instruction of every kind of change. Whatever it leaves
// behind at that point is what a SIGKILL there would: a copy of it, its locks marked as the kernel
// marks those of the dead, is given to another process, which must find everything but the one item
// and leave the structures in order. The same while that repair is under way.
#include <linux/futex.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cache/cache.hpp"
#include "cache/geometry.hpp"

namespace reprise::cache {
namespace {

constexpr UnixSeconds now = 1000;
using Memory = std::vector<char>;

struct Scenario {
  const char* name;
  std::function<void(Settings&)> configure;
  std::function<void(Cache&)> change;
  std::vector<std::string> may_be_lost;  // the changed key, and what has to go for it
};

// What every cache holds before the change.
const std::map<std::string, std::string> held = {
    {"a", "first"},
    {"b", std::string(100, 'b')},
    {"c", std::string(399, 'c')},
    {"d", std::string(30, 'd')},
    {"e", std::string(8, 'e')},
};

void no_change(Settings&) {}
void purge(Settings& settings) {
  settings.eviction = Eviction::least_recently_used;
}
void blocks(Settings& settings) {
  settings.bitmap = true;
  settings.blocks = 20;
}

const Scenario scenarios[] = {
    {"set", no_change, [](Cache& c) { c.set("new", std::string(200, 'n'), 0, now); }, {"new"}},
    {"set of what expires", no_change, [](Cache& c) { c.set("new", "n", now + 5, now); }, {"new"}},
    {"update", no_change, [](Cache& c) { c.update("b", std::string(150, 'B'), 0, now); }, {"b"}},
    {"update to less", no_change, [](Cache& c) { c.update("c", "C", now + 9, now); }, {"c"}},
    {"erase", no_change, [](Cache& c) { c.erase("c"); }, {"c"}},
    {"arithmetic", no_change, [](Cache& c) { c.change("e", {}, 0, now); }, {"e"}},
    {"arithmetic, new", no_change, [](Cache& c) { c.change("n", {}, 0, now); }, {"n"}},
    {"sweep", no_change, [](Cache& c) { c.sweep(now + 50, 10); }, {"b", "d"}},
    {"clear", no_change, [](Cache& c) { c.clear(); }, {"a", "b", "c", "d", "e"}},
    {"get", no_change, [](Cache& c) { c.get("b", now); }, {}},
    {"get that moves", purge, [](Cache& c) { c.get("b", now); }, {}},
    {"set that evicts",
     purge,
     [](Cache& c) {
       c.set("n1", "1", 0, now);
       c.set("n2", std::string(300, '2'), 0, now);
       c.set("n3", "3", 0, now);
     },
     {"n1", "n2", "n3", "a"}},
    {"set of many blocks",
     blocks,
     [](Cache& c) { c.set("n", std::string(1900, 'n'), 0, now); },
     {"n"}},
    {"update to less blocks", blocks, [](Cache& c) { c.update("c", "C", 0, now); }, {"c"}},
    {"lazy expiry",
     [](Settings& s) { s.expiring = Expiring::lookups; },
     [](Cache& c) { c.get("b", now + 50); },
     {"b"}},
    {"keys",
     no_change,
     [](Cache& c) {
       KeyCursor cursor;
       std::vector<ItemFacts> facts;
       while (c.keys(cursor, facts)) {
       }
     },
     {}},
};

void PrintTo(const Scenario& scenario, std::ostream* out) {
  *out << scenario.name;
}

class StepTest : public testing::TestWithParam<Scenario> {
protected:
  StepTest() {
    settings_.max_items = 8;
    settings_.keysize = 20;
    settings_.blocksize = 400;
    settings_.ignore_full = true;
    GetParam().configure(settings_);
  }

  std::unique_ptr<Cache> fresh() const {
    auto cache = Cache::create(settings_);
    for (const auto& [key, value] : held) {
      const bool expires = key == "b" || key == "d";
      EXPECT_EQ(cache->set(key, value, expires ? now + 40 : 0, now), SetResult::stored);
    }
    return cache;
  }

  // Runs `work` in a traced child, and gives every state of the memory that it passes through.
  // Returns the number of instructions; 0 if processes cannot be traced here.
  template <class Work, class Visit>
  int step_through(const Cache& cache, Work&& work, Visit&& visit) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::ptrace(PTRACE_TRACEME, 0, 0, 0) != 0) ::_exit(1);
      ::raise(SIGSTOP);
      work();
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    int steps = 0;
    Memory last = copy_of(cache), next;
    while (WIFSTOPPED(status) && ::ptrace(PTRACE_SINGLESTEP, child, 0, 0) == 0) {
      ::waitpid(child, &status, 0);
      ++steps;
      if (is_same(cache, last)) continue;
      last = copy_of(cache);
      visit(as_if_died(last, child));
    }
    EXPECT_TRUE(WIFEXITED(status) && (steps == 0 || WEXITSTATUS(status) == 0));
    return steps;
  }

  const char* memory_of(const Cache& cache) {
    const int fd = cache.region_fd();
    if (mapped_fd_ != fd || !map_) {
      map_ = std::make_unique<shm::Region>(
          shm::Region::adopt(UniqueFd(::dup(fd)), shm::Region::size_of(fd)));
      mapped_fd_ = fd;
    }
    return reinterpret_cast<const char*>(map_->data());
  }
  Memory copy_of(const Cache& cache) {
    const char* memory = memory_of(cache);
    return {memory, memory + map_->size()};
  }
  bool is_same(const Cache& cache, const Memory& with) {
    return std::memcmp(memory_of(cache), with.data(), with.size()) == 0;
  }

  // What the kernel does to the locks of a process that died (get_robust_list(2)).
  Memory as_if_died(Memory memory, pid_t who) const {
    const Geometry geometry = geometry_of(settings_);
    auto* states = reinterpret_cast<ShardState*>(memory.data() + offsets_of(geometry).states);
    for (std::size_t i = 0; i < geometry.shards; ++i) {
      pthread_mutex_t mutex;
      std::memcpy(&mutex, &states[i].mutex, sizeof mutex);
      const auto word = static_cast<unsigned>(mutex.__data.__lock);
      if ((word & FUTEX_TID_MASK) != static_cast<unsigned>(who)) continue;
      mutex.__data.__lock = static_cast<int>((word & FUTEX_WAITERS) | FUTEX_OWNER_DIED);
      std::memcpy(static_cast<void*>(&states[i].mutex), &mutex, sizeof mutex);
    }
    return memory;
  }

  std::unique_ptr<Cache> cache_from(const Memory& memory) const {
    shm::Region region = shm::Region::create("left-behind", memory.size());
    std::memcpy(region.data(), memory.data(), memory.size());
    auto cache = Cache::adopt(settings_, UniqueFd(::dup(region.fd())));
    EXPECT_TRUE(cache);
    return cache;
  }

  void check(const Memory& memory) {
    const auto cache = cache_from(memory);
    for (const auto& [key, value] : held) {
      const auto item = cache->get(key, now);
      const auto& lost = GetParam().may_be_lost;
      const bool may_be_lost = std::find(lost.begin(), lost.end(), key) != lost.end();
      ASSERT_TRUE(may_be_lost || (item && item->value == value)) << key;
      if (item && item->value != value) {
        ASSERT_TRUE(item->value == std::string(150, 'B') || item->value == "C" ||
                    item->value.size() == 8)
            << "neither the old value nor the new one";
      }
    }
    ASSERT_EQ(cache->update("mine", "m", 0, now), SetResult::stored);
    ASSERT_TRUE(cache->get("mine", now));
    ASSERT_EQ(cache->verify(), "");
    // The limits are those of a cache in which nobody died.
    for (int i = 0; i < 20; ++i)
      cache->set("fill" + std::to_string(i), "v", 0, now);
    ASSERT_EQ(cache->counts().items, settings_.max_items - 1);
    cache->clear();
    ASSERT_EQ(cache->counts().used_bytes, 0u);
    if (settings_.bitmap) {
      ASSERT_EQ(cache->set("all", std::string(20 * 400, 'v'), 0, now), SetResult::stored);
    }
    ASSERT_EQ(cache->verify(), "");
  }

  bool is_locked(const Memory& memory) const {
    const auto cache = cache_from(memory);
    cache->erase("nobody");
    return cache->counts().repaired > 0;
  }

  Settings settings_;
  std::unique_ptr<shm::Region> map_;
  int mapped_fd_ = -1;
};

TEST_P(StepTest, NoInstructionIsTheWrongOneToDieAt) {
  GetParam().change(*fresh());  // symbols are bound, lest the loader be stepped through
  const auto cache = fresh();
  std::vector<Memory> states;
  const int steps = step_through(
      *cache, [&] { GetParam().change(*cache); },
      [&](Memory memory) { states.push_back(std::move(memory)); });
  if (steps == 0) GTEST_SKIP() << "processes cannot be traced here";
  int repaired = 0;
  for (const Memory& state : states) {
    check(state);
    if (HasFatalFailure()) return;
    repaired += is_locked(state) ? 1 : 0;
  }
  std::cout << steps << " instructions, " << states.size() << " states, " << repaired
            << " with a dead holder\n";
  EXPECT_GT(states.size(), 0u);
}

TEST_P(StepTest, NorIsAnyOfTheRepair) {
  GetParam().change(*fresh());
  const auto cache = fresh();
  std::vector<Memory> broken;
  const int steps = step_through(
      *cache, [&] { GetParam().change(*cache); },
      [&](Memory memory) {
        if (is_locked(memory)) broken.push_back(std::move(memory));
      });
  if (steps == 0) GTEST_SKIP() << "processes cannot be traced here";
  // All of them take minutes; some are taken from everywhere.
  const bool all = std::getenv("REPRISE_TORTURE_SECONDS") != nullptr;
  const std::size_t stride = all ? 1 + broken.size() / 40 : 1 + broken.size() / 3;
  for (std::size_t i = stride / 2; i < broken.size(); i += stride) {
    const auto left = cache_from(broken[i]);
    mapped_fd_ = -1;
    step_through(
        *left, [&] { left->erase("nobody"); },
        [&](const Memory& memory) {
          if (!HasFatalFailure()) check(memory);
        });
    mapped_fd_ = -1;
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Changes, StepTest, testing::ValuesIn(scenarios), [](const auto& test) {
  std::string name = test.param.name;
  std::erase_if(name, [](char c) { return std::isalnum(c) == 0; });
  return name;
});

}  // namespace
}  // namespace reprise::cache
