// The caches of a node, and what keeps them in step with other nodes'.
#include <sys/resource.h>

#include <algorithm>

#include "app/node.hpp"
#include "app/preload.hpp"
#include "app/sharing.hpp"
#include "base/log.hpp"
#include "cache/store_file.hpp"

namespace reprise::app {

Node::MadeCache Node::make_cache(const cache::Settings& settings, process::Handover& inherited,
                                 Purpose purpose) {
  auto fd = inherited.take("cache", settings.name);
  if (!settings.store.empty()) {
    const bool was_in_use = fd.has_value();
    cache::OpenedStore store = cache::open_store(
        settings, unix_now(),
        purpose == Purpose::serve ? cache::StorePurpose::use : cache::StorePurpose::check,
        fd ? std::move(*fd) : UniqueFd());
    announcements_.insert(announcements_.end(), store.lines.begin(), store.lines.end());
    return {std::move(store.cache), was_in_use};
  }
  std::unique_ptr<cache::Cache> cache;
  if (fd) cache = cache::Cache::adopt(settings, std::move(*fd));  // null: another geometry
  if (cache) return {std::move(cache), /*was_in_use=*/true};
  return {cache::Cache::create(settings), /*was_in_use=*/false};
}

bool Node::is_locked(const cache::Settings& settings) const {
  return config_.sweep.lock_memory || settings.lock_memory;
}

void Node::make_caches(process::Handover& inherited, Purpose purpose) {
  if (std::any_of(config_.caches.begin(), config_.caches.end(),
                  [this](const cache::Settings& settings) { return is_locked(settings); })) {
    // Children that give up their rights keep the limit; who may not raise it goes on with his.
    constexpr rlimit all{RLIM_INFINITY, RLIM_INFINITY};
    ::setrlimit(RLIMIT_MEMLOCK, &all);
  }
  for (const cache::Settings& settings : config_.caches) {
    MadeCache made =
        at_origin(settings.origin, [&] { return make_cache(settings, inherited, purpose); });
    caches_.add(std::move(made.cache));
    announcements_.push_back(cache::start_line(settings));
    replications_.push_back(std::make_unique<Replication>(
        *caches_.all().back(), config_.sync, sharing_of(config_, settings.name),
        static_cast<std::size_t>(config_.http.processes), inherited, purpose));
    Replication& replication = *replications_.back();
    for (std::string& line : replication.announcements())
      announcements_.push_back(std::move(line));
    if (purpose == Purpose::check) continue;
    if (!made.was_in_use) replication.begin_copy();
    for (std::string& line : preload(replication.cache(), config_.preloads))
      announcements_.push_back(std::move(line));
  }
  const bool any_copy =
      std::any_of(replications_.begin(), replications_.end(),
                  [](const auto& replication) { return !replication->neighbours().empty(); });
  if (!any_copy) start_gate_.open();
  for (const cache::Preload& item : config_.preloads) {
    if (item.cache.empty() || caches_.find(item.cache) != nullptr) continue;
    announcements_.push_back("*** WARNING: there is no cache \"" + item.cache + "\" ***\n" +
                             item.origin);
  }
}

tls::SessionStore& Node::session_store(const std::string& cache) {
  auto& shared = session_stores_[cache];
  if (shared) return *shared;
  for (const auto& replication : replications_) {
    if (replication->settings().name != cache) continue;
    shared = std::make_unique<sessions::SharedSessions>(replication->cache(),
                                                        sharing_of(config_, cache));
    if (const Sealing* sealing = replication->sealing())
      shared->name_ids(*sealing->name_keys(), sealing->shared());
    if (external_store_) {
      external_store_->add(cache, *shared, replication->cache().local(), sharing_of(config_, cache),
                           replication->sealing() != nullptr);
    }
    return *shared;
  }
  throw std::runtime_error("unable to find cache \"" + cache + "\"");
}

Elsewhere Node::elsewhere(std::size_t index) const {
  Elsewhere out;
  out.worker = index;
  out.budget = config_.sync.pull_budget;
  out.store = external_store_.get();
  for (const auto& replication : replications_) {
    const auto sessions = session_stores_.find(replication->settings().name);
    Sealing* const sealing = replication->sealing();
    if (sessions == session_stores_.end() || sealing == nullptr || sealing->board() == nullptr)
      continue;
    out.sources.push_back({*sessions->second, *sealing->board(), sealing->mailbox()});
  }
  return out;
}

// Locks on memory are a process's own. They fail for want of a right or a limit; the service goes
// on.
void Node::lock_caches() const {
  for (const auto& cache : caches_.all()) {
    if (!is_locked(cache->settings())) continue;
    if (const std::error_code error = cache->lock_memory()) {
      log::line("mlock2() of cache \"{}\": {}", cache->settings().name, error.message());
    }
  }
}

}  // namespace reprise::app
