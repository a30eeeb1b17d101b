#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "seal/keys.hpp"

namespace reprise::seal {

// The two steps of HKDF-SHA256 (RFC 5869). Both throw std::runtime_error if OpenSSL fails.
void extract(const Secret& secret, Bytes salt, Key& into);
void expand(const Key& from, Bytes label, unsigned char* into, std::size_t size);

}  // namespace reprise::seal
