#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cluster/budget.hpp"
#include "cluster/contents.hpp"
#include "cluster/healing_messages.hpp"
#include "cluster/jobs.hpp"
#include "cluster/peers.hpp"
#include "cluster/sent_pushes.hpp"
#include "cluster/shared_state.hpp"

namespace reprise::cluster {

// Says something to one member.
class Speaker {
public:
  virtual ~Speaker() = default;
  virtual void say(const Peer& to, seal::Kind kind, Bytes messages) = 0;
};

// How members come to have the same sessions, without sockets and timers (SEALED.md, "Healing"):
// what was lost on the way is asked for again, caches are compared and each gives what the other
// lacks, and one that begins takes what others have, the newest first. What has to be sent waits in
// a queue and leaves at the pace that the caller sets.
class Healing {
public:
  static constexpr unsigned datagrams_of_a_step = 32;
  static constexpr unsigned jobs_of_a_step = 1024;  // such as come to nothing
  static constexpr std::size_t largest_batch = 1232 - seal::overhead - preamble_size;

  // References outlive this.
  Healing(Contents& contents, Peers& peers, Speaker& speaker, Counters& counters);

  // A message of a live peer. Why it was of no use.
  std::optional<sync::Rejection> hear(Peer& peer, const Message& message, Moment now);
  // A session that a peer gave was taken; or was not, as it was erased here.
  void taken();
  void refused_as_erased(const Peer& peer, Bytes id, Moment now);

  // Over the sessions that are here, to be compared; nothing as long as many are on their way here.
  std::optional<std::uint64_t> root() const;

  // What this node pushes.
  SentPushes& pushes() { return pushes_; }

  // To be called every hundred milliseconds or so.
  void tick(Moment now);
  // Sends what waits, some datagrams of it: how many bytes that were. 0: nothing waits.
  std::size_t step(Moment now);
  bool is_at_work() const { return !jobs_.empty(); }

  // This node is about to go: one neighbour gets what only this one has.
  void leave(Moment now);
  // That has happened, or would take too long.
  bool has_left(Moment now) const;

private:
  using Outcome = std::optional<sync::Rejection>;
  Outcome hear_lost(Peer& peer, Bytes body, Moment now);
  Outcome hear_settled(Peer& peer, Bytes body);
  Outcome hear_digest(Peer& peer, Bytes body, Moment now);
  Outcome hear_listing(Peer& peer, Bytes body, Moment now);
  Outcome hear_wanted(Peer& peer, Bytes body, Moment now);
  Outcome hear_erased(Bytes body, Moment now);
  Outcome hear_fill(Peer& peer, Bytes body, Moment now);
  Outcome hear_fill_end(Peer& peer, Bytes body, Moment now);

  void work(const Job& job, Peer& to, Moment now);
  void repair(Peer& to, std::uint64_t push, Moment now);
  void compare(Peer& to, unsigned bucket);
  void list(Peer& to, unsigned leaf);
  bool give(Peer& to, const seal::SessionName& id);
  void fill(Peer& to, const Job& job);
  void put(Peer& to, seal::Kind kind, Bytes message);
  void flush();

  void ask_for_lost(Peer& peer, Moment now);
  void compare_with_somebody(Moment now);
  void begin_comparing(Peer& with, Moment now);
  Moment longest_rest() const;
  void go_on_filling(Moment now);
  void ask_to_fill(Peer& from, Moment now);
  void set(FillState to);
  bool says_now(const Peer& peer, Moment now) const;
  Peer* fullest(Moment now);

  Contents& contents_;
  Peers& peers_;
  Speaker& speaker_;
  Counters& counters_;
  SentPushes pushes_;

  Jobs jobs_;
  // What is being put together in a step.
  std::string batch_;
  std::string message_;
  Peer* batch_to_ = nullptr;
  seal::Kind batch_kind_ = seal::Kind::bulk;
  unsigned sent_ = 0;  // datagrams of this step
  std::size_t sent_bytes_ = 0;

  // Comparing.
  Moment next_comparison_ = 0;
  std::optional<seal::SenderName> compared_with_;
  std::uint64_t moved_ = 0;       // sessions that were taken
  std::uint64_t moved_then_ = 0;  // when the last comparison began
  Moment active_ = 0;             // something of it was heard or done

  FillState filling_ = FillState::none;
  std::optional<Moment> began_;
  std::optional<seal::SenderName> filled_by_;
  std::vector<seal::SenderName> silent_;  // they did not go on
  std::uint64_t fill_cursor_ = 0;
  Moment filled_ = 0;  // the last time that something came, or was asked
  unsigned fill_asks_ = 0;
  Moment fill_began_ = 0;

  std::optional<Moment> left_;  // began to leave

  std::vector<Fingerprint> mine_;
  std::vector<seal::SessionName> ids_;
  Budget lost_heard_{1000};
};

}  // namespace reprise::cluster
