#include "repeater/announces.hpp"

#include <variant>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "subscription/intake.hpp"

namespace reprise::repeater {
namespace {

constexpr std::size_t most_strangers = 16;

}  // namespace

Announces::Announces(Members& members, const Roster& roster, const Trust& trust)
    : members_(members), roster_(roster), trust_(trust) {
  if (!trust.sign_check) return;
  at_origin(trust.sign_check->origin, [&] { verifier_.emplace(*trust.sign_check); });
}

Announces::Verdict Announces::take(Bytes datagram, const net::Endpoint& from, const Address& source,
                                   const Cookies& cookies, Moment now) {
  if (trust_.may_announce && !trust_.may_announce(from)) return {Reason::unlisted};
  const auto read = subscription::read(datagram);
  const auto* const announcement = std::get_if<subscription::Announcement>(&read);
  if (announcement == nullptr) return {Reason::malformed};
  std::string text(announcement->address);
  const auto endpoint = subscription::place_of(text, from);
  if (!endpoint || endpoint->unmapped().family() != from.unmapped().family())
    return {Reason::malformed};
  const auto address = Address::of(*endpoint);
  if (!address) return {Reason::malformed};
  const bool is_known =
      roster_.find(*address) != nullptr || roster_.of_host(source).first != nullptr;
  const Told told{*announcement, from,
                  *address,      address->host() == source.host(),
                  is_known,      verifier_ && !announcement->sign.empty()};
  // Whoever repeats a signed one without a host would be the host that it leaves out.
  if (told.is_signed && text != announcement->address) return {Reason::malformed};
  if (const auto reason = told.is_signed ? judge_signature(told, now) : judge_unsigned(told))
    return {reason};
  bool proved = false;
  if (announcement->cookie) {
    const auto cookie = seal::cookie_of(*announcement->cookie);
    proved = cookie && cookies.is_valid(*cookie, *address, now);
    if (!proved && !told.is_own) return {Reason::other_source};
    if (!proved && announcement->leaves) return {Reason::wrong_cookie};
    if (!proved) return {{}, address};
  }
  if (told.is_signed && !is_fresh(*announcement)) return {Reason::stale};
  if (announcement->leaves) {
    members_.leave(*address,
                   told.is_signed || proved ? Members::Proof::some : Members::Proof::none);
    return {};
  }
  const Right right = told.is_signed ? Right::signed_for : Right::trusted;
  return {members_.announced(*address, right, proved, now)};
}

Announces::Outcome Announces::judge_unsigned(const Told& told) {
  if (!trust_.is_trusted(told.from)) {
    name_remedy(told.from);
    return Reason::untrusted;
  }
  if (!told.is_own) return Reason::other_source;
  subscription::Budget& budget = told.is_known ? of_members_ : of_strangers_;
  if (!budget.take(subscription::source_id(told.from), coarse_now()))
    return Reason::announced_often;
  return std::nullopt;
}

// The signature comes last: it costs most.
Announces::Outcome Announces::judge_signature(const Told& told, Moment now) {
  if (!take_some(told.is_known ? checked_of_members_ : checked_of_strangers_, 1,
                 checked_each_second, now))
    return Reason::announced_often;
  const subscription::Announcement& announcement = told.announcement;
  if (!verifier_->verify(announcement.key, announcement.signed_part, announcement.sign))
    return Reason::not_believed;
  return std::nullopt;
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
