#pragma once

#include <cstddef>
#include <new>

#include "router/counters.hpp"
#include "shm/counter.hpp"
#include "shm/region.hpp"
#include "tls/counters.hpp"

namespace reprise::app {

// What is known of one HTTP worker, in shared memory: the master writes who it is, the worker what
// it does, the keeper reads.
struct alignas(64) WorkerRow {
  shm::Counter pid;
  shm::Counter starts;
  router::Counters router;
  tls::Counters tls;
};

// One row a worker, for the life of this generation; a row outlives the processes that it counts.
class Scoreboard {
public:
  // Throws std::system_error.
  explicit Scoreboard(std::size_t workers)
      : region_(shm::Region::create("reprise-scoreboard", (workers + 1) * sizeof(WorkerRow))),
        rows_(reinterpret_cast<WorkerRow*>(region_.data())),
        size_(workers) {
    for (std::size_t i = 0; i < size_; ++i)
      ::new (static_cast<void*>(rows_ + i)) WorkerRow;
  }

  std::size_t size() const { return size_; }
  WorkerRow& row(std::size_t i) const { return rows_[i]; }

private:
  shm::Region region_;
  WorkerRow* rows_;
  std::size_t size_;
};

}  // namespace reprise::app
