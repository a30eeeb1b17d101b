#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

#include "shm/counter.hpp"
#include "shm/histogram.hpp"

namespace reprise::store {

// What can go wrong with a server.
enum class Trouble : std::uint8_t {
  connect,    // no connection, or none in time
  tls,        // its handshake failed: a certificate, mostly
  denied,     // a wrong password, or rights that are missing
  lost,       // the connection ended with something under way
  stalled,    // nothing was answered for a second, so the connection was ended
  malformed,  // bytes that are no answer
  not_ready,  // loading, or the cluster is down
  full,       // no memory for a value
  too_large,  // a value is too large for it
  refused,    // another error, in its own words
  unfit,      // a value of another type, or longer than any session
  redirects,  // sent from one to the next too often, or to nowhere
};
inline constexpr std::size_t troubles = 12;
const char* name_of(Trouble trouble);

enum class BreakerState : std::uint8_t { closed, open, half_open };
const char* name_of(BreakerState state);

// Of one server and worker, in shared memory: the worker writes, the keeper reads.
struct ServerRow {
  static constexpr std::size_t most_address = 112;

  // The address is there once `used` is.
  std::array<char, most_address> address{};
  std::atomic<std::uint32_t> used{0};

  shm::Counter connected;  // 1: now
  shm::Counter connections;
  shm::Counter look_ups;  // each is a hit, a miss, timed out or failed, or under way
  shm::Counter hits;
  shm::Counter misses;
  shm::Counter timed_out;
  shm::Counter failed;
  shm::Counter late;  // answers after their time
  shm::Counter writes;
  shm::Counter deletes;
  shm::Counter dropped;  // writes and deletes for which there was no room, or no connection
  shm::Counter queued;   // now
  shm::Counter bytes_in;
  shm::Counter bytes_out;
  shm::Counter breaker;  // BreakerState
  shm::Counter breaker_opened;
  std::array<shm::Counter, troubles> trouble;
  shm::Histogram look_up_time;  // of answers, also late ones

  void count(Trouble what) { trouble[static_cast<std::size_t>(what)].add(); }

  // A row that a process begins to use: what of before is not so any more.
  void begin(std::string_view server) {
    if (name() != server) end();
    const std::size_t size = server.copy(address.data(), address.size() - 1);
    address[size] = '\0';
    connected.set(0);
    queued.set(0);
    breaker.set(0);
    used.store(1, std::memory_order_release);
  }
  // No server is counted here any more.
  void end() {
    used.store(0, std::memory_order_release);
    for (shm::Counter* counter :
         {&connected, &connections, &look_ups, &hits, &misses, &timed_out, &failed, &late, &writes,
          &deletes, &dropped, &queued, &bytes_in, &bytes_out, &breaker, &breaker_opened})
      counter->set(0);
    for (shm::Counter& counter : trouble)
      counter.set(0);
    look_up_time.clear();
  }
  std::string name() const {
    if (used.load(std::memory_order_acquire) == 0) return {};
    return address.data();
  }
};

// Of one worker: what concerns no single server.
struct WorkerRow {
  shm::Counter suspended;              // handshakes that wait now
  shm::Counter most_suspended;         // at one time, so far
  shm::Counter refused;                // too many waited
  shm::Counter unavailable;            // the server was not to be asked
  shm::Counter known_absent;           // asked for a moment ago
  shm::Counter found;                  // sessions that were good
  std::array<shm::Counter, 6> opened;  // values by what came of them, see Opened
};

}  // namespace reprise::store
