#include "repeater/announces.hpp"

#include <variant>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "subscription/intake.hpp"

namespace reprise::repeater {
namespace {

constexpr std::size_t most_strangers = 16;

}  // namespace

Announces::Announces(Members& members, const Trust& trust) : members_(members), trust_(trust) {
  if (!trust.sign_check) return;
  at_origin(trust.sign_check->origin, [&] { verifier_.emplace(*trust.sign_check); });
}

Announces::Verdict Announces::take(Bytes datagram, const net::Endpoint& from, const Address& source,
                                   const Cookies& cookies, Moment now) {
  if (trust_.may_announce && !trust_.may_announce(from)) return {Reason::unlisted};
  if (!budget_.take(subscription::source_id(from), coarse_now())) return {Reason::announced_often};
  const auto read = subscription::read(datagram);
  const auto* const announcement = std::get_if<subscription::Announcement>(&read);
  if (announcement == nullptr) return {Reason::malformed};
  std::string text(announcement->address);
  const auto endpoint = subscription::place_of(text, from);
  if (!endpoint || endpoint->unmapped().family() != from.unmapped().family())
    return {Reason::malformed};
  const auto address = Address::of(*endpoint);
  if (!address) return {Reason::malformed};
  const bool is_own = address->host() == source.host();
  const bool is_signed = verifier_ && !announcement->sign.empty();
  if (is_signed) {
    // Whoever repeats it would be the host that it leaves out.
    if (text != announcement->address) return {Reason::malformed};
    if (!take_one(checked_, checked_each_second, now)) return {Reason::announced_often};
    if (!verifier_->verify(announcement->key, announcement->signed_part, announcement->sign))
      return {Reason::not_believed};
  } else {
    if (!trust_.is_trusted(from)) {
      name_remedy(from);
      return {Reason::untrusted};
    }
    if (!is_own) return {Reason::other_source};
  }
  bool proved = false;
  if (announcement->cookie) {
    const auto cookie = seal::cookie_of(*announcement->cookie);
    proved = cookie && cookies.is_valid(*cookie, *address, now);
    if (!proved && !is_own) return {Reason::other_source};
    if (!proved && announcement->leaves) return {Reason::wrong_cookie};
    if (!proved) return {{}, address};
  }
  if (is_signed && !is_fresh(*announcement)) return {Reason::stale};
  if (announcement->leaves) {
    members_.leave(*address, is_signed || proved ? Members::Proof::some : Members::Proof::none);
    return {};
  }
  return {
      members_.announced(*address, is_signed ? Right::signed_for : Right::trusted, proved, now)};
}

// Only what was signed by who may: nobody else can fill the memory of it.
bool Announces::is_fresh(const subscription::Announcement& announcement) {
  const std::uint64_t unix = announcement.unix.value_or(0);
  const std::uint64_t now = unix_now();
  const auto most = static_cast<std::uint64_t>(trust_.freshness.count());
  if ((unix <= now ? now - unix : unix - now) > most) return false;
  const auto id = subscription::Stamps::id_of(announcement.key, announcement.address);
  return members_.note_stamp(id, announcement.leaves, unix);
}

// Each host once, and not without end: it may be forged.
void Announces::name_remedy(const net::Endpoint& from) {
  if (strangers_.size() >= most_strangers || !strangers_.insert(from.host()).second) return;
  log::event(log::Level::warning, "repeater.untrusted",
             {{"from", from.text()},
              {"remedy",
               "udprepeater-trust = its network, if that one filters source addresses; or "
               "subscriptions-sign-check, or udprepeater-to"}});
}

}  // namespace reprise::repeater
