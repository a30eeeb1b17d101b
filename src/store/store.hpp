#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/asio.hpp"
#include "net/timer.hpp"
#include "store/engine.hpp"

namespace reprise::store {

// A store as one worker process uses it: look-ups that handshakes wait for, within a budget and a
// number; writes and deletes that nobody waits for.
class Store {
public:
  // Handshakes that wait at one time.
  static constexpr std::size_t most_searches = 256;

  // References outlive this, which outlives the loop. `rows`: Engine::most_servers.
  Store(net::asio::io_context& io, const Reach& reach, bool cluster, std::span<ServerRow> rows,
        WorkerRow& counters);
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void start() { engine_->start(); }

  // One look-up that a handshake waits for. Ends with it.
  class Search {
  public:
    ~Search();
    Search(const Search&) = delete;
    Search& operator=(const Search&) = delete;

    struct Outcome {
      std::vector<std::string> values;  // in the order of the names, of those that have one
      bool timed_out = false;
    };
    // Suspends until a value is there, none will come, or the time is up.
    net::awaitable<Outcome> ended();

  private:
    friend class Store;
    explicit Search(Store& store);
    bool is_over() const;

    Store& store_;
    net::Timer timer_;
    Clock::time_point end_;
    std::vector<std::shared_ptr<Waiting>> waiting_;
  };

  enum class Refusal { none, too_many, unavailable };
  // Asks for the first value under any of these names. Null if that cannot be done now.
  std::unique_ptr<Search> seek(const std::vector<std::string>& names, Refusal& why);

  void keep(std::string name, std::string value, std::uint32_t seconds);
  void forget(std::string name);

  WorkerRow& counters() { return counters_; }

private:
  net::asio::io_context& io_;
  Clock::duration budget_;
  WorkerRow& counters_;
  std::size_t searches_ = 0;
  std::unique_ptr<Engine> engine_;
};

}  // namespace reprise::store
