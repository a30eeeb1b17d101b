#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace reprise::tls {

// A bit of SSL_OP_… whose number OpenSSL 3 has given to something else than OpenSSL 1.0 had.
struct ChangedBit {
  std::string text;  // "0x1000000 was NO_SSLv2 in OpenSSL 1.0 and is NO_ANTI_REPLAY now"
  bool is_usual;     // people write it for what it means now
};

// Of these bits. Those that mean nothing any more, and those that mean the same, are not told.
std::vector<ChangedBit> changed_bits(std::uint64_t option_bits);

}  // namespace reprise::tls
