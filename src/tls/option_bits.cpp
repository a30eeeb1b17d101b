#include "tls/option_bits.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

namespace reprise::tls {
namespace {

// The first name is the one of OpenSSL 1.0.2.
struct Bit {
  std::uint64_t value;
  const char* meant;
  const char* means;
  bool is_usual = false;
};

constexpr Bit changed[] = {
    {SSL_OP_NO_EXTENDED_MASTER_SECRET, "MICROSOFT_SESS_ID_BUG", "NO_EXTENDED_MASTER_SECRET"},
    {SSL_OP_CLEANSE_PLAINTEXT, "NETSCAPE_CHALLENGE_BUG", "CLEANSE_PLAINTEXT"},
    {SSL_OP_ENABLE_KTLS, "NETSCAPE_REUSE_CIPHER_CHANGE_BUG", "ENABLE_KTLS"},
    {SSL_OP_IGNORE_UNEXPECTED_EOF, "SSLEAY_080_CLIENT_DH_BUG", "IGNORE_UNEXPECTED_EOF"},
    {SSL_OP_ALLOW_CLIENT_RENEGOTIATION, "TLS_D5_BUG", "ALLOW_CLIENT_RENEGOTIATION"},
    {SSL_OP_DISABLE_TLSEXT_CA_NAMES, "TLS_BLOCK_PADDING_BUG", "DISABLE_TLSEXT_CA_NAMES"},
    {SSL_OP_NO_ENCRYPT_THEN_MAC, "SINGLE_ECDH_USE", "NO_ENCRYPT_THEN_MAC"},
    {SSL_OP_ENABLE_MIDDLEBOX_COMPAT, "SINGLE_DH_USE", "ENABLE_MIDDLEBOX_COMPAT"},
    {SSL_OP_PRIORITIZE_CHACHA, "EPHEMERAL_RSA", "PRIORITIZE_CHACHA"},
    {SSL_OP_NO_ANTI_REPLAY, "NO_SSLv2", "NO_ANTI_REPLAY"},
    {SSL_OP_NO_TLSv1_3, "NETSCAPE_CA_DN_BUG", "NO_TLSv1_3", true},
    {SSL_OP_NO_RENEGOTIATION, "NETSCAPE_DEMO_CIPHER_CHANGE_BUG", "NO_RENEGOTIATION", true},
};

}  // namespace

std::vector<ChangedBit> changed_bits(std::uint64_t option_bits) {
  std::vector<ChangedBit> found;
  for (const Bit& bit : changed) {
    if ((option_bits & bit.value) == 0) continue;
    found.push_back(
        {fmt::format("{:#x} was {} in OpenSSL 1.0 and is {} now", bit.value, bit.meant, bit.means),
         bit.is_usual});
  }
  return found;
}

}  // namespace reprise::tls
