#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/unique_fd.hpp"
#include "cluster/clock.hpp"
#include "seal/session_name.hpp"
#include "shm/rows.hpp"

namespace reprise::cluster {

// How a search for a session of another node ended.
enum class PullEnd : std::uint8_t {
  found,    // it is in the cache now
  unknown,  // nobody has it
  expired,
  erased,
  evicted,    // its home should have it, but has not
  lost,       // its home did not answer, nor did what it told before arrive
  timed_out,  // nobody answered in time
  refused,    // too many at once
};

inline constexpr std::size_t pull_ends = 8;

// As the stats show it.
const char* name_of(PullEnd end);

// Handshakes that wait for a session, in memory that workers share with the keeper: a worker takes
// a place, the keeper says how it ended and rings that worker's bell. Whoever dies leaves nothing
// behind but a place, which the keeper gives back. Made before the fork, of one cache and one
// generation of processes.
class PullBoard {
public:
  static constexpr std::size_t places = 4096;

  // Throws std::system_error.
  explicit PullBoard(std::size_t workers);

  // A place as long as one handshake has it.
  struct Ticket {
    std::uint32_t place = 0;
    std::uint32_t generation = 0;
    friend bool operator==(const Ticket&, const Ticket&) = default;
  };

  // A worker's side. `id` has seal::session_name_size bytes. Nothing if all places are taken.
  std::optional<Ticket> claim(std::size_t worker, Bytes id);
  std::optional<PullEnd> end_of(const Ticket& ticket) const;
  void release(const Ticket& ticket);
  // Readable (an eventfd) once something ended for this worker.
  int bell(std::size_t worker) const { return bells_[worker].get(); }

  // The keeper's side. False if nobody waits there any more.
  bool read(const Ticket& ticket, seal::SessionName& id) const;
  // False as well.
  bool decide(const Ticket& ticket, PullEnd end);
  // To be called every second or so: gives back the places of workers that died.
  void sweep(Moment now);

  // A word of the keeper's that it is there, and knows so many members that live.
  void beat(Moment now, std::size_t members);
  // Whether it makes sense to ask the keeper.
  bool is_attended(Moment now) const;

  // Tells this board from that of the generation before, whose workers may still write.
  std::uint32_t tag() const { return tag_; }

private:
  enum class Phase : std::uint8_t { free, begun, waiting, ended };
  struct Place {
    std::atomic<std::uint64_t> state{0};  // generation, phase, end
    std::atomic<std::uint32_t> worker{0};
    std::array<std::atomic<std::uint64_t>, seal::session_name_size / 8> id{};
  };
  struct Head {
    std::atomic<std::uint64_t> beat{0};
    std::atomic<std::uint32_t> members{0};
    std::atomic<std::uint32_t> next{0};
  };
  struct Seen {
    std::uint64_t state = 0;
    Moment since = 0;
  };

  static std::uint64_t state_of(std::uint32_t generation, Phase phase, PullEnd end);
  static std::uint32_t generation_of(std::uint64_t state);
  static Phase phase_of(std::uint64_t state);

  shm::Rows<Head> head_{"pull-board", 1};
  shm::Rows<Place> places_{"pulls", places};
  std::vector<UniqueFd> bells_;
  std::uint32_t tag_;
  std::vector<Seen> seen_;  // the keeper's
};

}  // namespace reprise::cluster
