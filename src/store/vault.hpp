#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

#include "base/bytes.hpp"
#include "base/clock.hpp"
#include "seal/guarded.hpp"
#include "seal/keys.hpp"
#include "seal/secrets.hpp"

namespace reprise::store {

// What the entries of one cache are named and sealed with (FORMAT.md), for each secret in the order
// of its file: the first seals, all open.
struct VaultKeys {
  struct One {
    seal::KeyId id;        // clear in the values
    seal::Key root;        // of names and values
    seal::NameKeys names;  // of session ids, where the cache has no secret of its own
  };
  std::array<One, seal::most_secrets> list;
  std::size_t count;
};

// Throws std::runtime_error if OpenSSL fails, or for two secrets with one key id.
seal::Guarded<VaultKeys> derive_vault_keys(const seal::Secrets& secrets, std::string_view cache);

// A session on its way into the store, or out of it.
struct Entry {
  std::string der;
  UnixSeconds created = 0;  // the full handshake, by the clock of the node that made it
  UnixSeconds expires = 0;
  bool identifying = false;  // its listener asks for client certificates
};

enum class Opened {
  good,
  malformed,  // no value of this form
  foreign,    // sealed with no secret that is known here, or in the clear where it should be sealed
  forged,     // does not open: changed, or of another session or cache
  over,       // its session has ended
  implausible  // made in the future, or for longer than a session lives
};

// Names and values of the sessions of one cache. Each process has its own; not for several threads.
class Vault {
public:
  // Sealed. `prefix`: of all names. Throws std::runtime_error if OpenSSL fails.
  Vault(const seal::Guarded<VaultKeys>& keys, std::string prefix);
  // In the clear.
  Vault(std::string_view cache, std::string prefix);

  bool is_sealed() const { return !roots_.empty(); }

  // Under which names a session may be found: one for each secret, the one to write to first.
  // Nobody can tell an id by its name. Empty if OpenSSL fails.
  std::vector<std::string> names(Bytes id) const;

  // Into one value; the name that it goes under is names(id).front(). Empty if OpenSSL fails.
  std::string close(Bytes id, const Entry& entry) const;

  // Out of a value that was found. `now`: by this node's clock.
  Opened open(Bytes id, Bytes value, UnixSeconds now, Entry& into) const;

  // No value is longer.
  static constexpr std::size_t most_value = 32768;
  // What clocks of nodes may differ by.
  static constexpr UnixSeconds clock_tolerance = 60;

private:
  struct FreeMac {
    void operator()(EVP_MAC_CTX* context) const { ::EVP_MAC_CTX_free(context); }
  };
  struct FreeCipher {
    void operator()(EVP_CIPHER_CTX* context) const { ::EVP_CIPHER_CTX_free(context); }
  };
  struct Root {
    seal::KeyId id{};
    std::unique_ptr<EVP_MAC_CTX, FreeMac> mac;  // with its key
  };
  // Of one session under one secret: half of it names, half of it seals.
  struct Derived;

  static bool derive(const Root& root, Bytes id, Derived& into);
  std::string name_of(const Derived& derived) const;
  Opened unseal(Bytes id, Bytes value, std::string& plaintext) const;

  std::string prefix_;
  std::string cache_;
  std::vector<Root> roots_;
  std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> cipher_;
};

}  // namespace reprise::store
