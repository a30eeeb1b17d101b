#include "app/application_services.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>

#include "app/node.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "compat/load.hpp"
#include "compat/worker_messages.hpp"

namespace reprise::app {
namespace {

using application::MasterRequest;

cache::Expiry end_of(std::uint64_t seconds, UnixSeconds now) {
  constexpr auto most = std::numeric_limits<cache::Expiry>::max();
  if (seconds == 0) return 0;
  return seconds > most - now ? most : now + seconds;
}

// TLS sessions hold keys: applications do not see the caches that listeners keep them in.
bool has_sessions(const config::Config& config, const std::string& cache) {
  const auto& listeners = config.http.listeners;
  return std::any_of(listeners.begin(), listeners.end(), [&](const auto& listener) {
    return listener.tls && listener.tls->policy.session_cache == cache;
  });
}

}  // namespace

ApplicationServices::ApplicationServices(const Node& node, pid_t master)
    : node_(node), master_(master) {}

void ApplicationServices::log(std::string_view line) {
  log::line(line);
}

void ApplicationServices::app_loaded(const Loaded& app) {
  application::LoadedRow& row = scoreboard().loaded(app.id);
  row.mountpoint.set(app.mountpoint);
  row.seconds.set(app.seconds);
  row.loaded.set(1);
  log::line("{}", compat::app_ready(app.id, app.mountpoint, app.seconds, app.interpreter,
                                    ::getpid(), app.is_default));
}

void ApplicationServices::app_failed(std::size_t id, std::string_view mountpoint) {
  log::line("{}", compat::app_failed(id, mountpoint));
}

std::string ApplicationServices::version() const {
  return compat::version;
}

std::string ApplicationServices::binary() const {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

const application::Scoreboard& ApplicationServices::scoreboard() const {
  return node_.applications()->scoreboard();
}

bool ApplicationServices::ask_master(MasterRequest request) {
  return node_.master_requests().ask(master_, request);
}

application::Services::LockResult ApplicationServices::lock(std::size_t number) {
  const application::UserLocks& locks = node_.applications()->locks();
  if (number >= locks.size()) return LockResult::unknown;
  return locks.lock(number) ? LockResult::locked : LockResult::held_already;
}

bool ApplicationServices::unlock(std::size_t number) {
  const application::UserLocks& locks = node_.applications()->locks();
  if (number >= locks.size()) return false;
  locks.unlock(number);
  return true;
}

std::optional<bool> ApplicationServices::is_locked(std::size_t number) {
  const application::UserLocks& locks = node_.applications()->locks();
  if (number >= locks.size()) return std::nullopt;
  return locks.is_locked(number);
}

sync::ReplicatedCache* ApplicationServices::find(std::string_view name) const {
  for (const auto& replication : node_.replications()) {
    const std::string& own = replication->settings().name;
    if ((name.empty() || own == name) && !has_sessions(node_.config(), own)) {
      return &replication->cache();
    }
  }
  return nullptr;
}

std::optional<std::string> ApplicationServices::cache_get(std::string_view key,
                                                          std::string_view cache) {
  sync::ReplicatedCache* const found = find(cache);
  if (found == nullptr) return std::nullopt;
  auto item = found->get(key, unix_now());
  if (!item) return std::nullopt;
  return std::move(item->value);
}

bool ApplicationServices::cache_exists(std::string_view key, std::string_view cache) {
  sync::ReplicatedCache* const found = find(cache);
  return found != nullptr && found->local().exists(key, unix_now());
}

bool ApplicationServices::cache_set(std::string_view key, std::string_view value,
                                    std::uint64_t expires, std::string_view cache, bool update) {
  sync::ReplicatedCache* const found = find(cache);
  if (found == nullptr) return false;
  const UnixSeconds now = unix_now();
  const std::scoped_lock lock(telling_);
  const auto result = update ? found->update(key, value, end_of(expires, now), now)
                             : found->set(key, value, end_of(expires, now), now);
  return result == cache::SetResult::stored;
}

bool ApplicationServices::cache_delete(std::string_view key, std::string_view cache) {
  sync::ReplicatedCache* const found = find(cache);
  const std::scoped_lock lock(telling_);
  return found != nullptr && found->erase(key);
}

bool ApplicationServices::cache_clear(std::string_view cache) {
  sync::ReplicatedCache* const found = find(cache);
  if (found != nullptr) found->local().clear();
  return found != nullptr;
}

bool ApplicationServices::cache_change(std::string_view key, Operation operation,
                                       std::int64_t operand, std::uint64_t expires,
                                       std::string_view cache) {
  sync::ReplicatedCache* const found = find(cache);
  if (found == nullptr) return false;
  const UnixSeconds now = unix_now();
  const cache::Arithmetic change{static_cast<cache::Arithmetic::Operation>(operation), operand};
  std::int64_t number = 0;
  if (found->local().change(key, change, end_of(expires, now), now, &number) !=
      cache::SetResult::stored) {
    return false;
  }
  // The peers get the number, with the end that the item has.
  cache::Item item;
  if (!found->local().peek(key, now, item)) return true;
  const std::scoped_lock lock(telling_);
  found->pass_on({sync::Operation::set, key, item.value, item.expires}, sync::Audience::everyone);
  return true;
}

std::int64_t ApplicationServices::cache_number(std::string_view key, std::string_view cache) {
  const auto value = cache_get(key, cache);
  std::int64_t number = 0;
  if (value) std::memcpy(&number, value->data(), std::min(value->size(), sizeof number));
  return number;
}

std::vector<std::string> ApplicationServices::cache_keys(std::string_view cache) {
  sync::ReplicatedCache* const found = find(cache);
  std::vector<std::string> keys;
  if (found == nullptr) return keys;
  const UnixSeconds now = unix_now();
  cache::KeyCursor cursor;
  std::vector<cache::ItemFacts> facts;
  for (bool more = true; more; facts.clear()) {
    more = found->local().keys(cursor, facts);
    for (cache::ItemFacts& item : facts) {
      if (item.expires == 0 || item.expires > now) keys.push_back(std::move(item.key));
    }
  }
  return keys;
}

}  // namespace reprise::app
