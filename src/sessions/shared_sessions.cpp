#include "sessions/shared_sessions.hpp"

#include <algorithm>

#include "sessions/session_der.hpp"

namespace reprise::sessions {

namespace {

tls::SessionMiss miss_of(cluster::PullEnd end) {
  switch (end) {
    case cluster::PullEnd::found:  // and gone again
    case cluster::PullEnd::unknown:
      return tls::SessionMiss::unknown;
    case cluster::PullEnd::expired:
      return tls::SessionMiss::expired;
    case cluster::PullEnd::erased:
      return tls::SessionMiss::erased;
    case cluster::PullEnd::evicted:
      return tls::SessionMiss::evicted;
    case cluster::PullEnd::lost:
      return tls::SessionMiss::lost;
    case cluster::PullEnd::timed_out:
      return tls::SessionMiss::timed_out;
    case cluster::PullEnd::refused:
      return tls::SessionMiss::refused;
  }
  return tls::SessionMiss::unknown;
}

// First on the nodes, if one of them may have it, then in the store.
class Sought final : public tls::SoughtSession {
public:
  Sought(std::unique_ptr<cluster::Puller::Pull> pull, ExternalSessions* external, Bytes id)
      : pull_(std::move(pull)), external_(external), id_(id) {}
  Sought(std::unique_ptr<store::Store::Search> search, ExternalSessions& external, Bytes id)
      : search_(std::move(search)), external_(&external), id_(id) {}

  net::awaitable<tls::SessionMiss> settled() override {
    if (search_ == nullptr) {
      const cluster::PullEnd end = co_await pull_->ended();
      pull_.reset();
      // What was deleted is not to come back.
      const bool is_settled = end == cluster::PullEnd::found || end == cluster::PullEnd::erased ||
                              end == cluster::PullEnd::expired;
      tls::SessionMiss why = miss_of(end);
      if (is_settled || external_ == nullptr) co_return why;
      search_ = external_->seek(id_, why);
      if (search_ == nullptr) co_return why;
    }
    const store::Store::Search::Outcome outcome = co_await search_->ended();
    search_.reset();
    co_return external_->take(id_, outcome);
  }

private:
  std::unique_ptr<cluster::Puller::Pull> pull_;
  std::unique_ptr<store::Store::Search> search_;
  ExternalSessions* external_;
  std::string id_;
};

tls::SessionWay way_of(const cache::Item& item) {
  if (!sync::made_elsewhere(item)) return tls::SessionWay::made_here;
  const bool asked_for = (item.flags & cache::item_flags::asked_for) != 0;
  return asked_for ? tls::SessionWay::pulled : tls::SessionWay::pushed;
}

}  // namespace

// What a cache throws is a failure of memory or of its lock. A handshake goes on without a session:
// it is full instead of resumed, and the client does not notice.

bool SharedSessions::put(Bytes id, Bytes der, UnixSeconds expires, tls::SessionKind kind) noexcept {
  const bool stays_here = kind == tls::SessionKind::identifying && !sharing_.client_certificates;
  const auto audience = stays_here ? sync::Audience::this_host : sync::Audience::everyone;
  try {
    const bool stored =
        cache_.update(id, der, expires, unix_now(), audience) == cache::SetResult::stored;
    if (external_ != nullptr) external_->keep(id, der, expires, kind);
    return stored;
  } catch (const std::exception&) {
    return false;
  }
}

std::optional<tls::StoredSession> SharedSessions::get(Bytes id, tls::SessionMiss& why) noexcept {
  why = tls::SessionMiss::unknown;
  try {
    cache::Miss miss = cache::Miss::unknown;
    auto item = cache_.get(id, unix_now(), &miss);
    if (!item) {
      if (miss == cache::Miss::expired) why = tls::SessionMiss::expired;
      return std::nullopt;
    }
    return stored(std::move(*item));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::optional<tls::StoredSession> SharedSessions::get_sought(Bytes id) noexcept {
  try {
    cache::Item item;
    if (!cache_.local().peek(id, unix_now(), item)) return std::nullopt;
    return stored(std::move(item));
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

std::optional<tls::StoredSession> SharedSessions::stored(cache::Item&& item) const {
  const bool elsewhere = sync::made_elsewhere(item);
  // What was not a session to FromPeers was not measured by it either.
  if (elsewhere && !read_session(item.value)) return std::nullopt;
  const bool believed = (item.flags & cache::item_flags::believed) != 0;
  const bool trusted = !elsewhere || believed || sharing_.client_certificates;
  const tls::SessionWay way = way_of(item);
  return tls::StoredSession{std::move(item.value), item.expires, elsewhere, way, trusted};
}

void SharedSessions::name_ids(const seal::NameKeyList& keys, const cluster::SharedState& shared) {
  naming_.reset(new Naming{seal::SessionNames(keys), &shared, {}});
}

void SharedSessions::mark_ids(const seal::NameKeyList& keys) {
  naming_.reset(new Naming{seal::SessionNames(keys), nullptr, {}});
}

// Two blocks of AES tell an id that nobody made, before anybody is asked for it.
bool SharedSessions::may_be_genuine(Bytes id) const {
  return id.size() == seal::session_name_size &&
         (naming_ == nullptr || naming_->names.read(id).has_value());
}

std::unique_ptr<tls::SoughtSession> SharedSessions::seek(Bytes id, tls::SessionMiss& why) noexcept {
  const bool has_nodes = naming_ != nullptr && naming_->shared != nullptr;
  if (!may_be_genuine(id)) {
    // Where ids name no node, others may make them in another way.
    if (has_nodes) why = tls::SessionMiss::forged;
    return nullptr;
  }
  try {
    if (has_nodes && puller_ != nullptr) {
      bool refused = false;
      auto pull = puller_->begin(id, refused);
      if (refused) why = tls::SessionMiss::refused;
      if (pull) return std::make_unique<Sought>(std::move(pull), external_, id);
    }
    if (external_ == nullptr) return nullptr;
    auto search = external_->seek(id, why);
    if (!search) return nullptr;
    return std::make_unique<Sought>(std::move(search), *external_, id);
  } catch (const std::exception&) {
    return nullptr;
  }
}

bool SharedSessions::make_id(Buffer id) noexcept {
  if (naming_ == nullptr || id.size() != seal::session_name_size) return false;
  const auto random = naming_->random.take();
  if (!random) return false;
  seal::Origin origin;
  if (const cluster::SharedState* const shared = naming_->shared) {
    origin.node = static_cast<std::uint16_t>(shared->node.load(std::memory_order_relaxed));
    origin.clock = shared->id_clock(cluster::milliseconds_of(CLOCK_BOOTTIME));
  } else {
    origin.clock = static_cast<std::uint32_t>(unix_now());
  }
  const auto name = naming_->names.make(origin, *random);
  if (!name) return false;
  std::copy(name->begin(), name->end(), id.begin());
  return true;
}

void SharedSessions::forget_elsewhere(Bytes id) {
  if (external_ != nullptr && may_be_genuine(id)) external_->forget(id);
}

void SharedSessions::remove(Bytes id) noexcept {
  try {
    cache_.local().erase(id);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace reprise::sessions
