#include "floor/session_store.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

namespace reprise::bench {

struct SessionStore::Slot {
  std::uint16_t id_size;
  std::uint16_t session_size;
  char id[32];
  char session[476];

  bool holds(std::string_view wanted) const { return std::string_view(id, id_size) == wanted; }
};

namespace {
constexpr std::size_t bucket_count = 8192;
constexpr std::size_t slots_per_bucket = 4;
}  // namespace

// The slots are filled in turn: what a new session replaces is the oldest.
struct SessionStore::Bucket {
  std::uint32_t stored;
  Slot slots[slots_per_bucket];
};

struct SessionStore::Table {
  pthread_mutex_t mutex;
  Bucket buckets[bucket_count];
};

namespace {

class Locked {
public:
  explicit Locked(pthread_mutex_t& mutex) : mutex_(mutex) { pthread_mutex_lock(&mutex_); }
  ~Locked() { pthread_mutex_unlock(&mutex_); }
  Locked(const Locked&) = delete;
  Locked& operator=(const Locked&) = delete;

private:
  pthread_mutex_t& mutex_;
};

}  // namespace

SessionStore::SessionStore() {
  void* const memory =
      ::mmap(nullptr, sizeof(Table), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::system_category(), "mmap");
  table_ = static_cast<Table*>(memory);  // zeroes are an empty table
  pthread_mutexattr_t shared;
  pthread_mutexattr_init(&shared);
  pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
  pthread_mutex_init(&table_->mutex, &shared);
  pthread_mutexattr_destroy(&shared);
}

SessionStore::~SessionStore() {
  ::munmap(table_, sizeof(Table));
}

SessionStore::Bucket& SessionStore::bucket_of(std::string_view id) {
  std::uint64_t hash = 0;  // ids are random
  std::memcpy(&hash, id.data(), std::min(id.size(), sizeof hash));
  return table_->buckets[hash % bucket_count];
}

void SessionStore::put(std::string_view id, std::string_view session) {
  if (id.size() > sizeof Slot::id || session.size() > sizeof Slot::session) return;
  const Locked held(table_->mutex);
  Bucket& bucket = bucket_of(id);
  Slot& slot = bucket.slots[bucket.stored++ % slots_per_bucket];
  slot.id_size = static_cast<std::uint16_t>(id.size());
  slot.session_size = static_cast<std::uint16_t>(session.size());
  std::memcpy(slot.id, id.data(), id.size());
  std::memcpy(slot.session, session.data(), session.size());
}

std::optional<std::string> SessionStore::get(std::string_view id) {
  const Locked held(table_->mutex);
  for (const Slot& slot : bucket_of(id).slots)
    if (slot.holds(id)) return std::string(slot.session, slot.session_size);
  return std::nullopt;
}

}  // namespace reprise::bench
