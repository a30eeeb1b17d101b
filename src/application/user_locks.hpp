#pragma once

#include <cstddef>
#include <cstdint>

#include "shm/counter.hpp"
#include "shm/rows.hpp"
#include "shm/thread_mutex.hpp"

namespace reprise::application {

// Locks that the application's processes share, by number: `uwsgi.lock`. A thread that dies lets go
// of what it holds.
class UserLocks {
public:
  // Throws std::system_error.
  explicit UserLocks(std::size_t count) : rows_("reprise-user-locks", count) {}

  std::size_t size() const { return rows_.size(); }
  // Waits. False if this thread has it already, and would wait for ever.
  bool lock(std::size_t number) const;
  // Nothing happens unless this thread has it.
  void unlock(std::size_t number) const;
  bool is_locked(std::size_t number) const;
  // The process that has it, or had it when it died; 0: nobody.
  std::uint64_t holder(std::size_t number) const { return rows_.row(number).pid.get(); }

private:
  struct alignas(64) Row {
    shm::ThreadMutex mutex;
    shm::Counter pid;
    shm::Counter thread;
  };
  shm::Rows<Row> rows_;
};

}  // namespace reprise::application
