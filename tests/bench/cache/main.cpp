// The shared cache beside what it cannot be faster than, and memcached for scale:
//
//   build/bench_cache --benchmark_filter='20000/150' --benchmark_repetitions=5
//
// With two processes, one is measured while the other does the same on the other processor.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "subject.hpp"

namespace reprise::bench {
namespace {

enum class Work { get_hit, get_miss, set, update, mixed };
constexpr const char* work_names[] = {"get_hit", "get_miss", "set", "update", "mixed_90_10"};
constexpr std::uint64_t never_there = std::uint64_t{1} << 40;
constexpr int batch = 1000;

using Make = std::unique_ptr<Subject> (*)(std::size_t, std::size_t);

struct Case {
  Make make;
  Work work;
  int processes;
  std::size_t items;
  std::size_t value_size;
};

// The same for all of one subject and size: filling a million takes longer than measuring.
class Filled {
public:
  static Subject* get(const Case& c) {
    static Filled current;
    if (current.make_ != c.make || current.items_ != c.items || current.size_ != c.value_size) {
      current.subject_.reset();
      current.subject_ = c.make(c.items, c.value_size);
      current.make_ = c.make;
      current.items_ = c.items;
      current.size_ = c.value_size;
      const std::string value(c.value_size, 'v');
      for (std::size_t i = 0; current.subject_ && i < c.items; ++i) {
        if (!current.subject_->set(Key(i), value)) std::abort();
      }
    }
    return current.subject_.get();
  }

private:
  Make make_ = nullptr;
  std::size_t items_ = 0, size_ = 0;
  std::unique_ptr<Subject> subject_;
};

class Worker {
public:
  Worker(Subject& subject, const Case& c, std::uint64_t number)
      : subject_(subject),
        case_(c),
        random_(number),
        value_(c.value_size, 'w'),
        next_(number << 48) {}

  // `batch` operations. Of set: followed by erase_sets().
  void run() {
    for (int i = 0; i < batch; ++i)
      step(i);
  }
  void erase_sets() {
    for (int i = 0; i < batch; ++i)
      subject_.erase(Key(next_ + static_cast<std::uint64_t>(i)));
  }
  bool failed() const { return failed_; }

private:
  std::uint64_t any() { return static_cast<std::uint64_t>(random_()) * case_.items >> 32; }
  void step(int i) {
    switch (case_.work) {
      case Work::get_hit:
        failed_ |= !subject_.get(Key(any()), into_);
        break;
      case Work::get_miss:
        failed_ |= subject_.get(Key(never_there + any()), into_);
        break;
      case Work::set:
        failed_ |= !subject_.set(Key(next_ + static_cast<std::uint64_t>(i)), value_);
        break;
      case Work::update:
        failed_ |= !subject_.update(Key(any()), value_);
        break;
      case Work::mixed:
        if (i % 10 == 0) {
          failed_ |= !subject_.update(Key(any()), value_);
        } else {
          failed_ |= !subject_.get(Key(any()), into_);
        }
    }
  }

  Subject& subject_;
  const Case& case_;
  std::mt19937 random_;
  std::string value_;
  std::string into_;
  std::uint64_t next_;
  bool failed_ = false;
};

pid_t start_other(Subject& subject, const Case& c) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  subject.in_child();
  Worker worker(subject, c, 2);
  for (;;) {
    worker.run();
    if (c.work == Work::set) worker.erase_sets();
  }
}

void measure(benchmark::State& state, const Case& c) {
  Subject* subject = Filled::get(c);
  if (subject == nullptr) {
    state.SkipWithError("not installed");
    return;
  }
  std::vector<pid_t> others;
  for (int i = 1; i < c.processes; ++i)
    others.push_back(start_other(*subject, c));
  Worker worker(*subject, c, 1);
  while (state.KeepRunningBatch(batch)) {
    worker.run();
    if (c.work == Work::set) {
      state.PauseTiming();
      worker.erase_sets();
      state.ResumeTiming();
    }
  }
  for (const pid_t other : others) {
    ::kill(other, SIGKILL);
    ::waitpid(other, nullptr, 0);
  }
  if (worker.failed()) state.SkipWithError("an operation failed");
}

void add(const char* name, Make make, std::size_t items, std::size_t value_size) {
  for (const Work work : {Work::get_hit, Work::get_miss, Work::set, Work::update, Work::mixed}) {
    for (const int processes : {1, 2}) {
      const Case c{make, work, processes, items, value_size};
      const std::string full = fmt::format("{}/{}/{}/{}/processes:{}", name, items, value_size,
                                           work_names[static_cast<int>(work)], processes);
      benchmark::RegisterBenchmark(full.c_str(),
                                   [c](benchmark::State& state) { measure(state, c); });
    }
  }
}

}  // namespace
}  // namespace reprise::bench

int main(int argc, char** argv) {
  using namespace reprise::bench;
  benchmark::Initialize(&argc, argv);
  for (const std::size_t items : {20'000u, 1'000'000u}) {
    for (const std::size_t value_size : {150u, 900u}) {
      add("cache", make_cache, items, value_size);
      add("seqlock", make_seqlock_table, items, value_size);
      add("mutex", make_mutex_table, items, value_size);
    }
  }
  add("memcached", make_memcached, 20'000, 150);
  benchmark::RunSpecifiedBenchmarks();
}
