#pragma once

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

  // The session is in the cache and on its way to the peers when this returns.
  bool put(Bytes id, Bytes der, UnixSeconds expires, tls::SessionKind kind) noexcept override;
  std::optional<tls::StoredSession> get(Bytes id, tls::SessionMiss& why) noexcept override;
  // Here alone: what this node cannot read may be good for others.
  void remove(Bytes id) noexcept override;

private:
  sync::ReplicatedCache& cache_;
  Sharing sharing_;
};

}  // namespace reprise::sessions
