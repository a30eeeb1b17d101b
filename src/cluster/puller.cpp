#include "cluster/puller.hpp"

#include <unistd.h>

#include "cluster/outbox.hpp"
#include "net/readiness.hpp"

namespace reprise::cluster {
namespace {

// More than the keeper takes to say that the time is up.
constexpr std::chrono::milliseconds beyond_budget{2};

}  // namespace

Puller::Puller(net::asio::io_context& io, PullBoard& board, shm::Mailbox& mailbox,
               std::size_t worker, std::chrono::microseconds budget)
    : io_(io),
      board_(board),
      mailbox_(mailbox),
      worker_(worker),
      patience_(budget + beyond_budget) {}

void Puller::start() {
  net::asio::co_spawn(io_, hear(), net::asio::detached);
}

net::awaitable<void> Puller::hear() {
  net::Readiness bell(io_, board_.bell(worker_), net::Readiness::Kind::connection);
  for (;;) {
    if (co_await bell.input()) co_return;
    std::uint64_t rings = 0;
    [[maybe_unused]] const ssize_t done = ::read(board_.bell(worker_), &rings, sizeof rings);
    bell.emptied();
    for (Pull& pull : pulls_)
      if (board_.end_of(pull.ticket_)) pull.timer_.cancel();
  }
}

std::unique_ptr<Puller::Pull> Puller::begin(Bytes id, bool& refused) {
  refused = false;
  if (!board_.is_attended(milliseconds_of(CLOCK_BOOTTIME))) return nullptr;
  refused = true;
  if (waiting_ >= most) return nullptr;
  const auto ticket = board_.claim(worker_, id);
  if (!ticket) return nullptr;
  auto pull = std::make_unique<Pull>(*this, *ticket);  // gives the place back
  if (!mailbox_.put(write_pull_note({board_.tag(), *ticket}))) return nullptr;
  refused = false;
  return pull;
}

Puller::Pull::Pull(Puller& puller, const PullBoard::Ticket& ticket)
    : puller_(puller), ticket_(ticket), timer_(puller.io_) {
  ++puller_.waiting_;
  puller_.pulls_.push_back(*this);
}

Puller::Pull::~Pull() {
  --puller_.waiting_;
  puller_.board_.release(ticket_);
}

net::awaitable<PullEnd> Puller::Pull::ended() {
  if (!puller_.board_.end_of(ticket_)) co_await timer_.wait(puller_.patience_);
  co_return puller_.board_.end_of(ticket_).value_or(PullEnd::timed_out);
}

}  // namespace reprise::cluster
