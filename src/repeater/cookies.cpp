#include "repeater/cookies.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "seal/number.hpp"

namespace reprise::repeater {

bool take_some(std::atomic<std::uint64_t>& state, std::uint64_t some, std::uint64_t most,
               Moment now) {
  std::uint64_t seen = state.load(std::memory_order_relaxed);
  for (;;) {
    // Another process may have read the clock a moment later.
    const std::uint64_t second = std::max(now / 1000, seen >> 32) << 32;
    const std::uint64_t taken = seen >> 32 == second >> 32 ? seen & 0xffffffff : 0;
    if (taken + some > most) return false;
    if (state.compare_exchange_weak(seen, second | (taken + some), std::memory_order_relaxed))
      return true;
  }
}

seal::Cookie Cookies::of_minute(const Address& address, std::uint64_t minute) const {
  std::string text = "reprise cookie 1";
  text.append(address.bytes());
  seal::append_number(text, minute, 8);
  std::array<unsigned char, 32> mac{};
  unsigned size = 0;
  const auto* const made =
      ::HMAC(::EVP_sha256(), room_.cookie_key.data(), static_cast<int>(room_.cookie_key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), &size);
  if (made == nullptr) throw std::runtime_error("OpenSSL cannot make a cookie");
  seal::Cookie cookie{};
  std::copy_n(mac.begin(), cookie.size(), cookie.begin());
  return cookie;
}

seal::Cookie Cookies::make(const Address& address, Moment now) const {
  return of_minute(address, now / 60'000);
}

bool Cookies::is_valid(const seal::Cookie& cookie, const Address& address, Moment now) const {
  if (cookie == seal::Cookie{}) return false;
  const std::uint64_t minute = now / 60'000;
  for (const std::uint64_t candidate : {minute, minute - 1}) {
    const seal::Cookie ours = of_minute(address, candidate);
    if (::CRYPTO_memcmp(ours.data(), cookie.data(), ours.size()) == 0) return true;
  }
  return false;
}

// Two addresses that share a place, which nobody can aim at, push each other out.
bool Cookies::may_send(const Address& address, bool is_member, Moment now) {
  const std::uint64_t hash = siphash(room_.fingerprint_key, address.bytes());
  auto& place = room_.asked[hash % room_.asked.size()];
  const std::uint64_t wanted = (hash & ~std::uint64_t{0xffffffff}) | (now / 1000 & 0xffffffff);
  if (place.load(std::memory_order_relaxed) == wanted) return false;
  if (!is_member && !take_some(room_.asked_in_second, 1, each_second, now)) return false;
  place.store(wanted, std::memory_order_relaxed);
  return true;
}

}  // namespace reprise::repeater
