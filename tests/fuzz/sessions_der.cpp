#include <cstdint>
#include <cstdlib>

#include <openssl/err.h>

#include "sessions/session_der.hpp"
#include "tls/openssl.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

// Where both read a session, OpenSSL and we see the same in it: above all, no certificate that one
// sees is hidden from the other.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  const Bytes der(reinterpret_cast<const char*>(data), size);
  const auto facts = sessions::read_session(der);
  if (!facts) return 0;
  const unsigned char* position = data;
  const tls::SessionPtr session(d2i_SSL_SESSION(nullptr, &position, static_cast<long>(size)));
  ERR_clear_error();
  if (!session) return 0;
  check(position == data + size);
  check(facts->has_certificate == (SSL_SESSION_get0_peer(session.get()) != nullptr));
  // Zero is what OpenSSL takes for missing.
  if (facts->created != 0) {
    check(static_cast<std::uint64_t>(SSL_SESSION_get_time(session.get())) == facts->created);
  }
  if (facts->lifetime != 0) {
    check(static_cast<std::uint64_t>(SSL_SESSION_get_timeout(session.get())) == facts->lifetime);
  }
  return 0;
}
