#include <stdexcept>
#include <string>

#include "seal/hkdf.hpp"
#include "store/vault.hpp"
#include "store/vault_format.hpp"

namespace reprise::store {

seal::Guarded<VaultKeys> derive_vault_keys(const seal::Secrets& secrets, std::string_view cache) {
  seal::Guarded<VaultKeys> keys;
  seal::Guarded<std::array<seal::Key, 2>> passing;
  auto& [from_secret, root] = *passing;
  std::string label("cache");
  label.push_back('\0');
  label.append(cache);
  for (std::size_t i = 0; i < secrets.count; ++i) {
    VaultKeys::One& key = keys->list[i];
    seal::extract(secrets.list[i], format::salt, from_secret);
    seal::expand(from_secret, label, root.data(), root.size());
    seal::expand(root, "key id", key.id.data(), key.id.size());
    seal::expand(root, "entry", key.root.data(), key.root.size());
    static_assert(sizeof(seal::NameKeys) == 64);
    seal::expand(root, "session id", reinterpret_cast<unsigned char*>(&key.names),
                 sizeof(seal::NameKeys));
    for (std::size_t j = 0; j < i; ++j) {
      if (keys->list[j].id == key.id)
        throw std::runtime_error("two secrets with one key id: make another secret");
    }
  }
  keys->count = secrets.count;
  return keys;
}

}  // namespace reprise::store
