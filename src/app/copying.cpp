#include "app/copying.hpp"

#include "base/log.hpp"
#include "compat/messages.hpp"
#include "net/reactor.hpp"
#include "sync/copier.hpp"

namespace reprise::app {
namespace {

using net::awaitable;
using sync::CopyEnd;
using sync::CopyState;

void say(CopyEnd end) {
  switch (end) {
    case CopyEnd::complete:
      return;
    case CopyEnd::unreachable:
      return log::line(compat::copy_unreachable);
    case CopyEnd::unanswered:
    case CopyEnd::too_slow:
      return log::line(compat::copy_unreadable);
    case CopyEnd::broken:
      return log::line(compat::copy_broken);
  }
}

awaitable<CopyEnd> copy_from(const Replication::Neighbour& neighbour, sync::Copier& copier) {
  log::line("{}", compat::copying_from(neighbour.address));
  if (!neighbour.endpoint) co_return CopyEnd::unreachable;
  co_return co_await copier.copy_from(*neighbour.endpoint);
}

// A member that has none of our secrets says nothing at all.
void say_no_member(const Replication& replication, const std::string& neighbour) {
  log::event(log::Level::warning, "cluster.no-copy",
             {{"cache", replication.settings().name},
              {"neighbour", neighbour},
              {"remedy",
               "that node has another secret, cipher or name for this cache, or has it "
               "without a secret"}});
}

awaitable<void> copy_cache(net::asio::io_context& io, net::Deadlines& deadlines,
                           Replication& replication) {
  sync::CopyCounters& counters = replication.ledger().cache().copy;
  sync::Copier copier = replication.copier(io, deadlines);
  const auto& neighbours = replication.neighbours();
  CopyEnd end = CopyEnd::unreachable;
  for (std::size_t i = 0; i < neighbours.size() && end != CopyEnd::complete; ++i) {
    if (i > 0) log::line(compat::copy_next_neighbour);
    counters.neighbour.set(i);
    counters.attempts.add();
    end = co_await copy_from(neighbours[i], copier);
    say(end);
    if (end == CopyEnd::unanswered && replication.sealing() != nullptr)
      say_no_member(replication, neighbours[i].address);
  }
  if (end == CopyEnd::complete || copier.taken() > 0) {
    log::line("{}", compat::items_restored(copier.taken()));
  }
  if (end == CopyEnd::complete) co_return counters.set(CopyState::complete);
  counters.set(copier.taken() > 0 ? CopyState::in_part : CopyState::failed);
  log::line("{}", compat::no_copy(replication.settings().name, copier.taken()));
}

// What the copies of all caches wait for together.
struct Copies {
  explicit Copies(net::asio::io_context& io) : deadlines(io), patience(io) {}
  net::Deadlines deadlines;
  net::Timer patience;  // cancelled when nothing is under way any more
  std::size_t under_way = 0;
};

awaitable<void> copy_one(net::asio::io_context& io, std::shared_ptr<Copies> copies,
                         Replication& replication) {
  try {
    co_await copy_cache(io, copies->deadlines, replication);
  } catch (const std::exception& failure) {
    replication.ledger().cache().copy.set(CopyState::failed);
    log::event(log::Level::error, "sync.copy", {{"reason", failure.what()}});
  }
  if (--copies->under_way == 0) copies->patience.cancel();
}

}  // namespace

awaitable<void> copy_caches(net::asio::io_context& io,
                            const std::vector<std::unique_ptr<Replication>>& replications,
                            std::chrono::seconds patience, const StartGate& gate) {
  const auto copies = std::make_shared<Copies>(io);
  for (const auto& replication : replications) {
    if (replication->ledger().cache().copy.now() != CopyState::under_way) continue;
    ++copies->under_way;
    net::asio::co_spawn(io, copy_one(io, copies, *replication), net::asio::detached);
  }
  if (copies->under_way > 0) {
    co_await copies->patience.wait(patience);
    if (copies->under_way > 0) log::line(compat::serving_without_copies);
  }
  gate.open();
}

}  // namespace reprise::app
