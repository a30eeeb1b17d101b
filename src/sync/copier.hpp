#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "net/address.hpp"
#include "net/asio.hpp"
#include "net/deadline.hpp"
#include "net/socket.hpp"
#include "sync/intake.hpp"
#include "sync/sealed_copies.hpp"

namespace reprise::sync {

// How taking a copy of a neighbour's cache ended.
enum class CopyEnd {
  complete,
  unreachable,  // no connection, or it broke
  unanswered,   // no cache of that name, or no caches at all
  broken,       // what came is no copy, or not a whole one
  too_slow,
};

// Fills a cache with the items of neighbours: in our own form where they know it, else by a dump of
// uWSGI's. What is here already stays, and a cache that has all the items it may takes no more.
//
// A copy of a sealed cache is taken from its members alone, by each of the secrets in turn.
class Copier final : public ItemSink, private CopyReport {
public:
  struct Options {
    std::chrono::milliseconds silence{5000};  // between two pieces, and for connecting
    std::chrono::seconds whole{300};
  };

  // References outlive this. `sealed`: of a cache that is.
  Copier(net::asio::io_context& io, net::Deadlines& deadlines, cache::Cache& cache, Intake& intake,
         CopyCounters& counters, const Options& options, SealedCopies* sealed = nullptr);

  // From one neighbour. What was taken before it ended badly stays.
  net::awaitable<CopyEnd> copy_from(const net::Endpoint& neighbour);

  // Of all neighbours so far.
  std::uint64_t taken() const { return taken_; }

  void item(const Change& item, UnixSeconds copied_at) override;
  void refused(Rejection reason) override;

private:
  void came(std::optional<Rejection> refusal) override;
  net::awaitable<CopyEnd> copy_sealed_from(const net::Endpoint& neighbour);
  net::awaitable<CopyEnd> ask(const net::Endpoint& neighbour, const std::string& request,
                              ItemReader& reader);
  net::awaitable<CopyEnd> read_answer(net::Socket& socket, ItemReader& reader,
                                      net::Deadline& silence, const net::Deadline& whole);

  net::asio::io_context& io_;
  net::Deadlines& deadlines_;
  cache::Cache& cache_;
  Intake& intake_;
  const Intake::Copying copying_{intake_};
  CopyCounters& counters_;
  const Options options_;
  SealedCopies* const sealed_;
  std::uint64_t taken_ = 0;
};

}  // namespace reprise::sync
