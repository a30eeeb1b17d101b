#pragma once

#include <chrono>
#include <memory>
#include <optional>

#include "app/purpose.hpp"
#include "cache/cache.hpp"
#include "cluster/outbox.hpp"
#include "cluster/pull_board.hpp"
#include "cluster/shared_state.hpp"
#include "cluster/tombstones.hpp"
#include "process/handover.hpp"
#include "seal/keys.hpp"
#include "seal/session_name.hpp"
#include "shm/mailbox.hpp"
#include "sync/settings.hpp"

namespace reprise::app {

// What a cache has besides when its datagrams are sealed: keys, the way of changes to the keeper,
// and what all processes know of this node. Made before the fork.
class Sealing {
public:
  // `pullers`: processes that may wait for sessions of other nodes; 0: none does. `longest`: what a
  // session lives at most. Reads the secrets. Throws std::runtime_error with the place in the
  // configuration if that is not possible, and std::system_error.
  Sealing(cache::Cache& cache, const sync::Settings& settings, std::size_t pullers,
          std::chrono::milliseconds longest, process::Handover& inherited, Purpose purpose);
  Sealing(const Sealing&) = delete;
  Sealing& operator=(const Sealing&) = delete;

  sync::Teller& teller() { return *outbox_; }
  shm::Mailbox& mailbox() { return *mailbox_; }
  cluster::SharedState& shared() const { return *shared_; }
  cluster::Tombstones& tombstones() const { return *tombstones_; }
  // Null: nothing is pulled.
  cluster::PullBoard* board() { return board_ ? &*board_ : nullptr; }
  seal::Cipher cipher() const { return cipher_; }
  std::size_t secrets() const { return secrets_; }

  // The keeper's alone.
  const seal::PacketKeys& packet_keys() const { return *keys_->packets; }
  // What session ids are made with; null once they were dropped.
  const seal::NameKeyList* name_keys() const { return keys_ ? &*keys_->names : nullptr; }

  // In every other process: it can neither seal nor open.
  void drop_packet_keys();
  // In processes without TLS.
  void drop_keys() { keys_.reset(); }

  // Whether this process is the one that speaks for the node from now on: nobody else does, as the
  // keeper of before a reload may for a while.
  bool take_over() const;

  void hand_over(const std::string& cache, process::Handover& handover) const;

private:
  void settle_node(cache::Cache& cache, std::uint16_t configured, std::chrono::milliseconds longest,
                   Purpose purpose);

  std::optional<seal::CacheKeys> keys_;
  std::size_t secrets_ = 0;
  seal::Cipher cipher_;
  std::optional<shm::Region> state_;
  cluster::SharedState* shared_ = nullptr;
  std::optional<shm::Region> erased_;
  cluster::Tombstones* tombstones_ = nullptr;
  std::unique_ptr<shm::Mailbox> mailbox_;
  std::unique_ptr<cluster::Outbox> outbox_;
  std::optional<cluster::PullBoard> board_;
};

}  // namespace reprise::app
