#include "app/external_store.hpp"

#include <algorithm>

#include "base/written.hpp"

namespace reprise::app {

ExternalStore::ExternalStore(const config::Config& config, std::size_t workers)
    : settings_(config.store),
      servers_("store-servers", (workers + 1) * store::Engine::most_servers),
      workers_("store-workers", workers + 1) {
  reach_ = store::make_reach(settings_);
  if (settings_.plain) return;
  at_origin(settings_.secret.origin, [&] { secrets_ = seal::read_secrets(settings_.secret.text); });
}

void ExternalStore::add(const std::string& cache, sessions::SharedSessions& sessions,
                        cache::Cache& local, const sessions::Sharing& sharing, bool has_names) {
  Shared& shared = shared_.emplace_back(Shared{cache, sessions, local, sharing, {}});
  if (!secrets_) return;
  at_origin(settings_.secret.origin,
            [&] { shared.keys = store::derive_vault_keys(**secrets_, cache); });
  if (has_names) return;
  seal::Guarded<seal::NameKeyList> names;
  const store::VaultKeys& keys = **shared.keys;
  for (std::size_t i = 0; i < keys.count; ++i)
    names->list[i] = keys.list[i].names;
  names->count = keys.count;
  sessions.mark_ids(*names);
}

bool ExternalStore::has(const std::string& cache) const {
  return std::any_of(shared_.begin(), shared_.end(),
                     [&](const Shared& shared) { return shared.cache == cache; });
}

void ExternalStore::drop_secrets() {
  secrets_.reset();
  shared_.clear();
  reach_.reset();
}

store::Vault ExternalStore::vault_of(const Shared& shared) const {
  if (shared.keys) return store::Vault(*shared.keys, settings_.prefix);
  return store::Vault(shared.cache, settings_.prefix);
}

ExternalStore::Use::Use(net::asio::io_context& io, const ExternalStore& store, std::size_t worker)
    : store_(io, *store.reach_, store.settings_.cluster,
             store.servers_.rows(worker * store::Engine::most_servers, store::Engine::most_servers),
             store.workers_.row(worker)),
      shared_(store.shared_) {
  for (const Shared& shared : store.shared_) {
    sessions::ExternalSessions& sessions =
        sessions_.emplace_back(store_, store.vault_of(shared), shared.local, shared.sharing);
    shared.sessions.use(sessions);
  }
  store_.start();
}

void ExternalStore::Use::forget(const std::string& cache, Bytes id) const {
  for (const Shared& shared : shared_) {
    if (shared.cache == cache) shared.sessions.forget_elsewhere(id);
  }
}

}  // namespace reprise::app
