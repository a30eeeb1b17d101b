#pragma once

#include <cstddef>
#include <span>

#include "router/counters.hpp"
#include "router/raw_counters.hpp"
#include "shm/counter.hpp"
#include "shm/rows.hpp"
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

// The HTTP router's: a row a worker, and of every worker one for each of the static nodes.
class Scoreboard : public shm::Rows<WorkerRow> {
public:
  explicit Scoreboard(std::size_t workers, std::size_t nodes = 0)
      : Rows("reprise-scoreboard", workers),
        node_rows_("reprise-http-nodes", workers * nodes),
        nodes_(nodes) {}

  std::span<router::RawNodeCounters> nodes_of(std::size_t worker) const {
    return node_rows_.rows(worker * nodes_, nodes_);
  }

private:
  shm::Rows<router::RawNodeCounters> node_rows_;
  std::size_t nodes_;
};

// The raw router's: a row a worker, and of every worker one for each of the nodes that it sees.
class RawScoreboard : public shm::Rows<RawWorkerRow> {
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
  shm::Rows<router::RawNodeCounters> node_rows_;
  std::size_t nodes_;
};

}  // namespace reprise::app
