#include "router/address_range.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace reprise::router {
namespace {

using Address = std::array<unsigned char, 16>;

bool bit(const Address& address, unsigned place) {
  return (address[place / 8] >> (7 - place % 8) & 1) != 0;
}

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end) return std::nullopt;
  return value;
}

}  // namespace

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  AddressRange range;
  if (text == "unix") {
    range.family_ = AF_UNIX;
    return range;
  }
  const std::size_t slash = text.find('/');
  const std::string address(text.substr(0, slash));
  range.family_ = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
  if (::inet_pton(range.family_, address.c_str(), range.first_.data()) != 1) return std::nullopt;
  const unsigned all = range.family_ == AF_INET ? 32 : 128;
  range.bits_ = all;
  if (slash != std::string_view::npos) {
    const auto bits = number(text.substr(slash + 1));
    if (!bits || *bits > all) return std::nullopt;
    range.bits_ = *bits;
  }
  for (unsigned place = range.bits_; place < all; ++place) {
    if (bit(range.first_, place)) return std::nullopt;
  }
  range.unmap();
  return range;
}

// As addresses that are looked for in it are.
void AddressRange::unmap() {
  constexpr Address mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  constexpr unsigned size = 12;
  const bool all_mapped = family_ == AF_INET6 && bits_ >= size * 8 &&
                          std::equal(mapped.begin(), mapped.begin() + size, first_.begin());
  if (!all_mapped) return;
  family_ = AF_INET;
  bits_ -= size * 8;
  std::copy(first_.begin() + size, first_.end(), first_.begin());
}

bool AddressRange::contains(const net::Endpoint& address) const {
  const net::Endpoint plain = address.unmapped();
  if (plain.family() != family_) return false;
  Address bytes{};
  if (family_ == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, plain.data(), sizeof v4);
    std::memcpy(bytes.data(), &v4.sin_addr, sizeof v4.sin_addr);
  } else if (family_ == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, plain.data(), sizeof v6);
    std::memcpy(bytes.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
  }
  for (unsigned place = 0; place < bits_; ++place) {
    if (bit(bytes, place) != bit(first_, place)) return false;
  }
  return true;
}

}  // namespace reprise::router
