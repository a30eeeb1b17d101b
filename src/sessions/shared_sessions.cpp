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

class Sought final : public tls::SoughtSession {
public:
  explicit Sought(std::unique_ptr<cluster::Puller::Pull> pull) : pull_(std::move(pull)) {}

  net::awaitable<tls::SessionMiss> settled() override {
    co_return miss_of(co_await pull_->ended());
  }

private:
  std::unique_ptr<cluster::Puller::Pull> pull_;
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
    return cache_.update(id, der, expires, unix_now(), audience) == cache::SetResult::stored;
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
    const bool elsewhere = sync::made_elsewhere(*item);
    // What was not a session to FromPeers was not measured by it either.
    if (elsewhere && !read_session(item->value)) return std::nullopt;
    const bool believed = (item->flags & cache::item_flags::believed) != 0;
    const bool trusted = !elsewhere || believed || sharing_.client_certificates;
    const tls::SessionWay way = way_of(*item);
    return tls::StoredSession{std::move(item->value), item->expires, elsewhere, way, trusted};
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void SharedSessions::name_ids(const seal::NameKeyList& keys, const cluster::SharedState& shared) {
  naming_.reset(new Naming{seal::SessionNames(keys), shared, {}});
}

// Two blocks of AES tell an id that nobody made, before anybody is asked for it.
std::unique_ptr<tls::SoughtSession> SharedSessions::seek(Bytes id, tls::SessionMiss& why) noexcept {
  if (naming_ == nullptr) return nullptr;
  if (id.size() != seal::session_name_size || !naming_->names.read(id)) {
    why = tls::SessionMiss::forged;
    return nullptr;
  }
  if (puller_ == nullptr) return nullptr;
  try {
    bool refused = false;
    auto pull = puller_->begin(id, refused);
    if (refused) why = tls::SessionMiss::refused;
    if (!pull) return nullptr;
    return std::make_unique<Sought>(std::move(pull));
  } catch (const std::exception&) {
    return nullptr;
  }
}

bool SharedSessions::make_id(Buffer id) noexcept {
  if (naming_ == nullptr || id.size() != seal::session_name_size) return false;
  const auto random = naming_->random.take();
  if (!random) return false;
  seal::Origin origin;
  origin.node = static_cast<std::uint16_t>(naming_->shared.node.load(std::memory_order_relaxed));
  origin.clock = naming_->shared.id_clock(cluster::milliseconds_of(CLOCK_BOOTTIME));
  const auto name = naming_->names.make(origin, *random);
  if (!name) return false;
  std::copy(name->begin(), name->end(), id.begin());
  return true;
}

void SharedSessions::remove(Bytes id) noexcept {
  try {
    cache_.local().erase(id);
  } catch (const std::exception&) {
    return;
  }
}

}  // namespace reprise::sessions
