// Values out of a store: as they are found, and sealed as by a node with the secret.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "store/vault.hpp"

namespace {

using namespace reprise;
using namespace reprise::store;

void check(bool holds) {
  if (!holds) std::abort();
}

constexpr UnixSeconds now = 1700000000;
const std::string id(32, 'i');

seal::Guarded<VaultKeys> keys() {
  seal::Guarded<seal::Secrets> secrets;
  secrets->count = 2;
  for (unsigned i = 0; i < 64; ++i)
    secrets->list[i / 32][i % 32] = static_cast<unsigned char>(i);
  return derive_vault_keys(*secrets, "ssl");
}

void check_opened(const Entry& entry) {
  check(!entry.der.empty() && entry.expires > now && entry.created <= now + 60);
  check(entry.expires - entry.created <= 604800);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Vault sealed(keys(), "p:");
  static const Vault plain("ssl", "p:");
  const Bytes bytes(reinterpret_cast<const char*>(data), size);
  Entry entry;
  check(sealed.open(id, bytes, now, entry) != Opened::good);
  if (plain.open(id, bytes, now, entry) == Opened::good) {
    check_opened(entry);
    // A value of one form only.
    check(plain.close(id, entry) == bytes);
    const std::string value = sealed.close(id, entry);
    Entry again;
    if (value.size() <= Vault::most_value) {
      check(sealed.open(id, value, now, again) == Opened::good);
      check(again.der == entry.der && again.expires == entry.expires);
    }
  }
  return 0;
}
