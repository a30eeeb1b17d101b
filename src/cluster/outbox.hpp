#pragma once

#include <optional>
#include <string>

#include "cluster/pull_board.hpp"
#include "cluster/shared_state.hpp"
#include "shm/mailbox.hpp"
#include "sync/teller.hpp"

namespace reprise::cluster {

// A change on its way from the process that made it to the keeper, which seals it: the key alone.
// What is told is what the cache has by then.
struct Note {
  sync::Operation operation = sync::Operation::set;
  Bytes key;
};

// Nothing if the bytes are no note.
std::optional<Note> read_note(Bytes bytes);

// A handshake of a worker's waits for a session of another node.
struct PullNote {
  std::uint32_t board = 0;  // its tag
  PullBoard::Ticket ticket;
};
std::optional<PullNote> read_pull_note(Bytes bytes);
std::string write_pull_note(const PullNote& note);

// Hands changes to the keeper, in any process. Not for several threads.
class Outbox final : public sync::Teller {
public:
  // References outlive this.
  Outbox(shm::Mailbox& mailbox, SharedState& shared) : mailbox_(mailbox), shared_(shared) {}

  // To everybody: a member of the cluster is believed in all, so nothing stays on one host.
  void publish(const sync::Change& change, sync::Audience audience) noexcept override;

private:
  shm::Mailbox& mailbox_;
  SharedState& shared_;
  std::string note_;
};

}  // namespace reprise::cluster
