#pragma once

#include <array>
#include <chrono>
#include <memory>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "cache/cache.hpp"
#include "seal/session_name.hpp"
#include "sessions/from_peers.hpp"
#include "store/store.hpp"
#include "store/vault.hpp"
#include "tls/session_store.hpp"

namespace reprise::sessions {

// The TLS sessions of one cache in a store that other nodes use too. Of one worker.
class ExternalSessions {
public:
  // `store` and `local` outlive this. What is found there is put into `local`.
  ExternalSessions(store::Store& store, store::Vault vault, cache::Cache& local,
                   const Sharing& sharing)
      : store_(store), vault_(std::move(vault)), local_(local), sharing_(sharing) {}

  // A new session goes there, some time soon. Not if it is about who a client is and the store is
  // in the clear, unless that is wanted.
  void keep(Bytes id, Bytes der, UnixSeconds expires, tls::SessionKind kind);

  // One that was erased goes there, too, some time soon.
  void forget(Bytes id);

  // Asks for a session. Null if that makes no sense now; `why` is set then.
  std::unique_ptr<store::Store::Search> seek(Bytes id, tls::SessionMiss& why);

  // Makes of what was found a session of this node. Why there is none, otherwise.
  tls::SessionMiss take(Bytes id, const store::Store::Search::Outcome& outcome);

private:
  using Clock = std::chrono::steady_clock;
  // Ids that were asked for in vain a moment ago, in full: whoever can make ids that begin alike
  // makes none of another's missing.
  struct Absent {
    std::array<char, seal::session_name_size> id{};
    Clock::time_point until{};
    bool is(Bytes other) const { return other == Bytes(id.data(), id.size()); }
  };
  static constexpr std::size_t absent_places = 1024;

  Absent& absent_place(Bytes id);
  bool put(Bytes id, Bytes value, tls::SessionMiss& why);

  store::Store& store_;
  store::Vault vault_;
  cache::Cache& local_;
  Sharing sharing_;
  std::array<Absent, absent_places> absent_{};
};

}  // namespace reprise::sessions
