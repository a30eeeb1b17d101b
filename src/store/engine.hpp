#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>

#include "net/asio.hpp"
#include "store/counters.hpp"
#include "store/reach.hpp"
#include "store/request.hpp"

namespace reprise::store {

// The servers of a store as one place for values, for one process. Nothing here waits.
class Engine {
public:
  // Servers of one store, also of those that a cluster names.
  static constexpr std::size_t most_servers = 64;

  virtual ~Engine() = default;

  // Connections begin, in the background.
  virtual void start() = 0;
  // Asks for a value; `waiting` ends once it is there, or is not. False if it cannot be asked now.
  virtual bool get(const std::string& name, const std::shared_ptr<Waiting>& waiting) = 0;
  // Each is done some time, or counted as dropped.
  virtual void set(std::string name, std::string value, std::uint32_t seconds) = 0;
  virtual void erase(std::string name) = 0;
};

// Each key has one server, which is known by the key: memcached, and Redis without a cluster.
// `rows`: one for each server at least. References outlive the engine, which outlives the loop.
std::unique_ptr<Engine> make_sharded_engine(net::asio::io_context& io, const Reach& reach,
                                            std::span<ServerRow> rows);
// Redis Cluster. `rows`: most_servers.
std::unique_ptr<Engine> make_cluster_engine(net::asio::io_context& io, const Reach& reach,
                                            std::span<ServerRow> rows);

}  // namespace reprise::store
