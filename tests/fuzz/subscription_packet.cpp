#include <variant>

#include "subscription/announcement.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::subscription {
namespace {

using fuzz::check;

bool is_inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_texts(const Announcement& a, Bytes datagram) {
  for (const Bytes text :
       {a.key, a.address, a.sni_key, a.sni_crt, a.sni_ca, a.notify, a.sign, a.signed_part})
    check(is_inside(text, datagram));
  check(!a.cookie || is_inside(*a.cookie, datagram));
  check(!a.key.empty() && a.key.size() <= longest_key);
  check(!a.address.empty() && a.address.size() <= longest_address);
  check(a.weight <= largest_weight);
}

// What it says can be said again, and is then the same.
void check_again(const Announcement& a) {
  const auto bytes = finish(begin(a), a.sign);
  if (!bytes) return;
  const auto again = read(*bytes);
  check(std::holds_alternative<Announcement>(again));
  const auto& b = std::get<Announcement>(again);
  check(a.leaves == b.leaves && a.key == b.key && a.address == b.address);
  check(a.modifier1 == b.modifier1 && a.modifier2 == b.modifier2 && a.cores == b.cores);
  check(a.weight == b.weight && a.load == b.load && a.cookie == b.cookie && a.unix == b.unix &&
        a.sign == b.sign);
  if (!a.sign.empty()) check(b.signed_part == signed_part_of(begin(b)));
}

}  // namespace
}  // namespace reprise::subscription

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::subscription;
  const reprise::Bytes datagram(reinterpret_cast<const char*>(data), size);
  const auto result = read(datagram);
  if (const auto* announcement = std::get_if<Announcement>(&result)) {
    check_texts(*announcement, datagram);
    check_again(*announcement);
  }
  return 0;
}
