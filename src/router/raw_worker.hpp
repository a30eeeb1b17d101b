#pragma once

#include <span>
#include <vector>

#include "net/deadline.hpp"
#include "router/prober.hpp"
#include "router/pump.hpp"
#include "router/raw_counters.hpp"
#include "router/raw_settings.hpp"
#include "subscription/directory.hpp"

namespace reprise::router {

// What a raw router's worker is made of; all of it outlives the worker.
struct RawEnvironment {
  const RawSettings& settings;
  RawCounters& counters;
  std::span<RawNodeCounters> node_counters;  // of the nodes, then of the fallbacks
  const std::vector<BackendAddress>& nodes;
  const std::vector<BackendAddress>& fallbacks;
  // Nodes that announced themselves, in place of `nodes`; null: none are wanted.
  const subscription::Directory* directory = nullptr;
};

// What all sessions of one worker share. Outlives them.
struct RawWorker {
  // `sweep_interval`: see net::Deadlines.
  RawWorker(net::asio::io_context& io, const RawEnvironment& environment,
            std::chrono::milliseconds sweep_interval = std::chrono::milliseconds(250));

  net::asio::io_context& io;
  const RawSettings& settings;
  RawCounters& counters;
  std::span<RawNodeCounters> node_counters;
  std::chrono::milliseconds connect_timeout;  // of one node
  net::Deadlines deadlines;
  RelayTools tools;
  Backends nodes;
  Prober prober;                             // of these
  Backends fallbacks;                        // take no turns
  const subscription::Directory* directory;  // null: no nodes announce themselves
  log::RateLimit error_lines;
};

}  // namespace reprise::router
