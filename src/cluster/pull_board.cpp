#include "cluster/pull_board.hpp"

#include <sys/eventfd.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace reprise::cluster {
namespace {

constexpr Moment longest_silence = 3000;  // of a keeper that lives, on a busy machine
constexpr Moment longest_wait = 2000;     // of a worker that lives: many times what it may wait
constexpr std::size_t tries = 32;

UniqueFd make_bell() {
  UniqueFd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw std::system_error(errno, std::system_category(), "eventfd");
  return fd;
}

std::uint32_t random_tag() {
  std::uint32_t tag = 0;
  if (::getrandom(&tag, sizeof tag, 0) != sizeof tag)
    throw std::system_error(errno, std::system_category(), "getrandom");
  return tag;
}

}  // namespace

const char* name_of(PullEnd end) {
  constexpr const char* names[pull_ends] = {"found",   "unknown", "expired",   "erased",
                                            "evicted", "lost",    "timed_out", "refused"};
  return names[static_cast<std::size_t>(end)];
}

std::uint64_t PullBoard::state_of(std::uint32_t generation, Phase phase, PullEnd end) {
  return std::uint64_t{generation} << 32 | static_cast<std::uint64_t>(phase) << 8 |
         static_cast<std::uint64_t>(end);
}

std::uint32_t PullBoard::generation_of(std::uint64_t state) {
  return static_cast<std::uint32_t>(state >> 32);
}

PullBoard::Phase PullBoard::phase_of(std::uint64_t state) {
  return static_cast<Phase>(state >> 8 & 0xff);
}

PullBoard::PullBoard(std::size_t workers) : tag_(random_tag()), seen_(places) {
  for (std::size_t i = 0; i < workers; ++i)
    bells_.push_back(make_bell());
}

std::optional<PullBoard::Ticket> PullBoard::claim(std::size_t worker, Bytes id) {
  const std::uint32_t first = head_.row(0).next.fetch_add(1, std::memory_order_relaxed);
  for (std::uint32_t i = 0; i < tries; ++i) {
    const std::uint32_t number = (first + i) % places;
    Place& place = places_.row(number);
    std::uint64_t state = place.state.load(std::memory_order_relaxed);
    if (phase_of(state) != Phase::free) continue;
    const std::uint32_t generation = generation_of(state) + 1;
    if (!place.state.compare_exchange_strong(state, state_of(generation, Phase::begun, {}),
                                             std::memory_order_acquire)) {
      continue;
    }
    place.worker.store(static_cast<std::uint32_t>(worker), std::memory_order_relaxed);
    for (std::size_t word = 0; word < place.id.size(); ++word) {
      std::uint64_t bytes = 0;
      std::memcpy(&bytes, id.data() + word * sizeof bytes, sizeof bytes);
      place.id[word].store(bytes, std::memory_order_relaxed);
    }
    place.state.store(state_of(generation, Phase::waiting, {}), std::memory_order_release);
    return Ticket{number, generation};
  }
  return std::nullopt;
}

std::optional<PullEnd> PullBoard::end_of(const Ticket& ticket) const {
  const std::uint64_t state = places_.row(ticket.place).state.load(std::memory_order_acquire);
  // The keeper took this process for dead.
  if (generation_of(state) != ticket.generation) return PullEnd::timed_out;
  if (phase_of(state) != Phase::ended) return std::nullopt;
  return static_cast<PullEnd>(state & 0xff);
}

void PullBoard::release(const Ticket& ticket) {
  auto& state = places_.row(ticket.place).state;
  std::uint64_t now = state.load(std::memory_order_relaxed);
  while (generation_of(now) == ticket.generation &&
         !state.compare_exchange_weak(now, state_of(ticket.generation, Phase::free, {}),
                                      std::memory_order_release)) {
  }
}

bool PullBoard::read(const Ticket& ticket, seal::SessionName& id) const {
  if (ticket.place >= places) return false;
  const Place& place = places_.row(ticket.place);
  const std::uint64_t wanted = state_of(ticket.generation, Phase::waiting, {});
  if (place.state.load(std::memory_order_acquire) != wanted) return false;
  for (std::size_t word = 0; word < place.id.size(); ++word) {
    const std::uint64_t bytes = place.id[word].load(std::memory_order_relaxed);
    std::memcpy(id.data() + word * sizeof bytes, &bytes, sizeof bytes);
  }
  return true;
}

bool PullBoard::decide(const Ticket& ticket, PullEnd end) {
  Place& place = places_.row(ticket.place);
  std::uint64_t wanted = state_of(ticket.generation, Phase::waiting, {});
  const std::uint32_t worker = place.worker.load(std::memory_order_relaxed);
  const std::uint64_t ended = state_of(ticket.generation, Phase::ended, end);
  if (!place.state.compare_exchange_strong(wanted, ended, std::memory_order_release)) return false;
  if (worker >= bells_.size()) return true;
  const std::uint64_t one = 1;
  // It fails if it rings already.
  [[maybe_unused]] const ssize_t done = ::write(bells_[worker].get(), &one, sizeof one);
  return true;
}

void PullBoard::sweep(Moment now) {
  for (std::size_t i = 0; i < places; ++i) {
    auto& place = places_.row(i).state;
    std::uint64_t state = place.load(std::memory_order_relaxed);
    Seen& seen = seen_[i];
    if (phase_of(state) == Phase::free || state != seen.state) {
      seen = {state, now};
    } else if (now - seen.since > longest_wait) {
      place.compare_exchange_strong(state, state_of(generation_of(state) + 1, Phase::free, {}),
                                    std::memory_order_release);
    }
  }
}

void PullBoard::beat(Moment now, std::size_t members) {
  head_.row(0).members.store(static_cast<std::uint32_t>(members), std::memory_order_relaxed);
  head_.row(0).beat.store(now, std::memory_order_relaxed);
}

bool PullBoard::is_attended(Moment now) const {
  const Head& head = head_.row(0);
  // The keeper's word may be newer than `now`.
  return head.members.load(std::memory_order_relaxed) > 0 &&
         now < head.beat.load(std::memory_order_relaxed) + longest_silence;
}

}  // namespace reprise::cluster
