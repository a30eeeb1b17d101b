#pragma once

#include <memory>

#include "cluster/puller.hpp"
#include "cluster/shared_state.hpp"
#include "seal/session_name.hpp"
#include "sessions/external_sessions.hpp"
#include "sessions/from_peers.hpp"
#include "sync/replicated_cache.hpp"
#include "tls/session_store.hpp"

namespace reprise::sessions {

// The TLS sessions of a node, in a cache that all of its workers share, and the other nodes.
class SharedSessions final : public tls::SessionStore {
public:
  // `cache` outlives this.
  SharedSessions(sync::ReplicatedCache& cache, const Sharing& sharing)
      : cache_(cache), sharing_(sharing) {}

  // From now on ids name the node that made them. `shared` outlives this. Throws
  // std::runtime_error.
  void name_ids(const seal::NameKeyList& keys, const cluster::SharedState& shared);

  // From now on ids tell that they were made by a node with these keys, and no more. Throws
  // std::runtime_error.
  void mark_ids(const seal::NameKeyList& keys);

  // The session is in the cache and on its way to the peers when this returns.
  bool put(Bytes id, Bytes der, UnixSeconds expires, tls::SessionKind kind) noexcept override;
  std::optional<tls::StoredSession> get(Bytes id, tls::SessionMiss& why) noexcept override;
  std::optional<tls::StoredSession> get_sought(Bytes id) noexcept override;
  // Here alone: what this node cannot read may be good for others.
  void remove(Bytes id) noexcept override;
  std::unique_ptr<tls::SoughtSession> seek(Bytes id, tls::SessionMiss& why) noexcept override;
  bool may_seek() const noexcept override { return naming_ != nullptr || external_ != nullptr; }
  bool make_id(Buffer id) noexcept override;

  // From now on what is not here is looked for on other nodes. In a worker, with a puller of its
  // own, which outlives this.
  void look_elsewhere(cluster::Puller& puller) { puller_ = &puller; }

  // From now on sessions are in a store too, and what is neither here nor had from other nodes is
  // looked for there. In a worker, with one of its own, which outlives this.
  void use(ExternalSessions& external) { external_ = &external; }
  // Deletes there what was erased here. Where use() was called. Throws std::bad_alloc.
  void forget_elsewhere(Bytes id);

private:
  struct Naming {
    seal::SessionNames names;
    const cluster::SharedState* shared;  // null: ids name no node
    seal::NameRandom random;
  };

  bool may_be_genuine(Bytes id) const;
  std::optional<tls::StoredSession> stored(cache::Item&& item) const;

  sync::ReplicatedCache& cache_;
  Sharing sharing_;
  std::unique_ptr<Naming> naming_;  // null: ids are random
  cluster::Puller* puller_ = nullptr;
  ExternalSessions* external_ = nullptr;
};

}  // namespace reprise::sessions
