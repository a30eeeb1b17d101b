#pragma once

#include <cstddef>
#include <new>
#include <span>

#include "router/counters.hpp"
#include "router/raw_counters.hpp"
#include "shm/counter.hpp"
#include "shm/region.hpp"
#include "tls/counters.hpp"

namespace reprise::app {

// What is known of one child, in shared memory: the master writes who it is, the child what it
// does, the keeper reads.
struct ChildRow {
  shm::Counter pid;
  shm::Counter starts;
};

// Of one HTTP worker.
struct alignas(64) WorkerRow : ChildRow {
  router::Counters router;
  tls::Counters tls;
};

// Of one raw router worker.
struct alignas(64) RawWorkerRow : ChildRow {
  router::RawCounters router;
};

// Rows for the life of this generation; a row outlives the processes that it counts.
template <class Row>
class Rows {
public:
  // Throws std::system_error.
  Rows(const char* name, std::size_t size)
      : region_(shm::Region::create(name, (size + 1) * sizeof(Row))),
        rows_(reinterpret_cast<Row*>(region_.data())),
        size_(size) {
    for (std::size_t i = 0; i < size_; ++i)
      ::new (static_cast<void*>(rows_ + i)) Row;
  }

  std::size_t size() const { return size_; }
  Row& row(std::size_t i) const { return rows_[i]; }
  std::span<Row> rows(std::size_t first, std::size_t count) const { return {rows_ + first, count}; }

private:
  shm::Region region_;
  Row* rows_;
  std::size_t size_;
};

// The HTTP router's.
class Scoreboard : public Rows<WorkerRow> {
public:
  explicit Scoreboard(std::size_t workers) : Rows("reprise-scoreboard", workers) {}
};

// The raw router's: a row a worker, and of every worker one for each of the nodes that it sees.
class RawScoreboard : public Rows<RawWorkerRow> {
public:
  RawScoreboard(std::size_t workers, std::size_t nodes)
      : Rows("reprise-raw-scoreboard", workers),
        node_rows_("reprise-raw-nodes", workers * nodes),
        nodes_(nodes) {}

  std::span<router::RawNodeCounters> nodes_of(std::size_t worker) const {
    return node_rows_.rows(worker * nodes_, nodes_);
  }

  // The connections of a process that is gone are, too.
  void forget_connections(std::size_t worker) const {
    row(worker).router.active_sessions.set(0);
    for (router::RawNodeCounters& node : nodes_of(worker))
      node.active.set(0);
  }

private:
  Rows<router::RawNodeCounters> node_rows_;
  std::size_t nodes_;
};

}  // namespace reprise::app
