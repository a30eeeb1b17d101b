// What a lookup in shared memory costs without anything else: no expiry, no limits, no repair.
#include <atomic>
#include <cstring>
#include <memory>

#include "shm/region.hpp"
#include "shm/robust_mutex.hpp"
#include "subject.hpp"

namespace reprise::bench {
namespace {

struct Slot {
  std::uint32_t next;
  std::uint32_t size;
  char key[key_size];
};

struct alignas(64) Shard {
  shm::RobustMutex mutex;
  alignas(64) std::atomic<std::uint64_t> sequence{0};
  std::uint32_t free = 0;
};

// Chained, places of one size. With one shard and `locked_reads` it is what a mutex makes of it.
class Table final : public Subject {
public:
  Table(std::size_t items, std::size_t value_size, std::size_t shards, bool locked_reads)
      : shard_count_(shards),
        locked_reads_(locked_reads),
        slots_per_shard_(shards == 1 ? items + 2000 : 2 * items / shards + 2000),
        slot_size_((sizeof(Slot) + value_size + 63) / 64 * 64),
        region_(shm::Region::create("bench", total())) {
    while (buckets_ < slots_per_shard_)
      buckets_ *= 2;
    for (std::size_t i = 0; i < shard_count_; ++i)
      new (&shard(i)) Shard;
    for (std::size_t i = 0; i < shard_count_; ++i) {
      for (auto n = static_cast<std::uint32_t>(slots_per_shard_ - 1); n > 0; --n) {
        slot(i, n).next = shard(i).free;
        shard(i).free = n;
      }
    }
  }

  bool get(const Key& key, std::string& value) override {
    const std::size_t at = key.words[0] % shard_count_;
    if (locked_reads_) {
      const auto held = shard(at).mutex.lock_or_repair([] {});
      return read(at, key, value);
    }
    for (;;) {
      const std::uint64_t before = shard(at).sequence.load(std::memory_order_acquire);
      if ((before & 1) != 0) continue;
      const bool found = read(at, key, value);
      std::atomic_thread_fence(std::memory_order_acquire);
      if (shard(at).sequence.load(std::memory_order_relaxed) == before) return found;
    }
  }
  bool set(const Key& key, std::string_view value) override {
    const std::size_t at = key.words[0] % shard_count_;
    const Change change(shard(at));
    const std::uint32_t n = shard(at).free;
    if (n == 0) return false;
    shard(at).free = slot(at, n).next;
    std::memcpy(slot(at, n).key, key.words, key_size);
    fill(at, n, value);
    slot(at, n).next = bucket(at, key);
    bucket(at, key) = n;
    return true;
  }
  bool update(const Key& key, std::string_view value) override {
    const std::size_t at = key.words[0] % shard_count_;
    const Change change(shard(at));
    const std::uint32_t n = *find(at, key);
    if (n != 0) fill(at, n, value);
    return n != 0;
  }
  void erase(const Key& key) override {
    const std::size_t at = key.words[0] % shard_count_;
    const Change change(shard(at));
    std::uint32_t* link = find(at, key);
    const std::uint32_t n = *link;
    if (n == 0) return;
    *link = slot(at, n).next;
    slot(at, n).next = shard(at).free;
    shard(at).free = n;
  }

private:
  class Change {
  public:
    explicit Change(Shard& shard) : shard_(shard), held_(shard.mutex.lock_or_repair([] {})) {
      shard_.sequence.fetch_add(1, std::memory_order_relaxed);
      std::atomic_thread_fence(std::memory_order_release);
    }
    ~Change() { shard_.sequence.fetch_add(1, std::memory_order_release); }

  private:
    Shard& shard_;
    shm::RobustMutex::Held held_;
  };

  std::size_t total() const {
    return 4096 * shard_count_ + shard_count_ * (4 * slots_per_shard_ * sizeof(std::uint32_t) +
                                                 slots_per_shard_ * slot_size_);
  }
  Shard& shard(std::size_t i) const { return *reinterpret_cast<Shard*>(region_.data() + i * 4096); }
  std::byte* part(std::size_t i) const {
    return region_.data() + 4096 * shard_count_ +
           i * (4 * slots_per_shard_ * sizeof(std::uint32_t) + slots_per_shard_ * slot_size_);
  }
  std::uint32_t& bucket(std::size_t i, const Key& key) const {
    return reinterpret_cast<std::uint32_t*>(part(i))[key.words[1] & (buckets_ - 1)];
  }
  Slot& slot(std::size_t i, std::uint32_t n) const {
    return *reinterpret_cast<Slot*>(part(i) + 4 * slots_per_shard_ * sizeof(std::uint32_t) +
                                    n * slot_size_);
  }
  std::uint32_t* find(std::size_t i, const Key& key) const {
    std::uint32_t* link = &bucket(i, key);
    while (*link != 0 && std::memcmp(slot(i, *link).key, key.words, key_size) != 0) {
      link = &slot(i, *link).next;
    }
    return link;
  }
  bool read(std::size_t i, const Key& key, std::string& value) const {
    const std::uint32_t n = *find(i, key);
    if (n == 0) return false;
    const Slot& found = slot(i, n);
    value.assign(reinterpret_cast<const char*>(&found + 1),
                 std::min<std::size_t>(found.size, slot_size_ - sizeof(Slot)));
    return true;
  }
  void fill(std::size_t i, std::uint32_t n, std::string_view value) {
    slot(i, n).size = static_cast<std::uint32_t>(value.size());
    std::memcpy(&slot(i, n) + 1, value.data(), value.size());
  }

  std::size_t shard_count_;
  bool locked_reads_;
  std::size_t slots_per_shard_;
  std::size_t slot_size_;
  std::size_t buckets_ = 1;
  shm::Region region_;
};

}  // namespace

std::unique_ptr<Subject> make_mutex_table(std::size_t items, std::size_t value_size) {
  return std::make_unique<Table>(items, value_size, 1, /*locked_reads=*/true);
}
std::unique_ptr<Subject> make_seqlock_table(std::size_t items, std::size_t value_size) {
  return std::make_unique<Table>(items, value_size, 64, /*locked_reads=*/false);
}

}  // namespace reprise::bench
