#pragma once

#include "cache/cache.hpp"
#include "tls/session_store.hpp"

namespace reprise::sessions {

// The TLS sessions of a node, in a cache that all of its workers share.
class SharedSessions final : public tls::SessionStore {
public:
  // `cache` outlives this.
  explicit SharedSessions(cache::Cache& cache) : cache_(cache) {}

  bool put(Bytes id, Bytes der, UnixSeconds expires) noexcept override;
  std::optional<std::string> get(Bytes id, tls::SessionMiss& why) noexcept override;
  void remove(Bytes id) noexcept override;

private:
  cache::Cache& cache_;
};

}  // namespace reprise::sessions
