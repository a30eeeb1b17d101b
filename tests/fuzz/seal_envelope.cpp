#include "seal/envelope.hpp"
#include "seal/session_name.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::seal {
namespace {

using fuzz::check;

CacheKeys make_keys() {
  Guarded<Secrets> secrets;
  secrets->count = 2;
  secrets->list[0].fill(1);
  secrets->list[0][0] = 2;
  secrets->list[1].fill(3);
  secrets->list[1][0] = 4;
  return derive(*secrets, "fuzzed", Cipher::aes_256_gcm);
}

const CacheKeys& keys() {
  static const CacheKeys made = make_keys();
  return made;
}

// Bytes from outside open only if they are what somebody with the secret sealed, which a fuzzer is
// not.
void check_datagram(Bytes datagram) {
  Unreadable why{};
  const auto header = read_header(datagram, why);
  if (!header) return;
  check(looks_sealed(datagram));
  const Guarded<SenderKeys> sender;
  *sender = sender_keys(keys().packets->list[0].packet, header->sender);
  SenderCipher cipher(*sender, Cipher::aes_256_gcm);
  std::string plaintext;
  check(!cipher.open(datagram, plaintext) && plaintext.empty());
}

// What is sealed opens, and no longer with one bit of it another.
void check_sealing(Bytes plaintext, std::size_t where) {
  Header header;
  header.kind = static_cast<Kind>(where % 4);
  header.key = keys().packets->list[0].id;
  header.sender.fill(9);
  header.counter = where;
  const Guarded<SenderKeys> sender;
  *sender = sender_keys(keys().packets->list[0].packet, header.sender);
  SenderCipher cipher(*sender, Cipher::aes_256_gcm);
  std::string datagram, opened;
  cipher.seal(header, plaintext, datagram);
  check(datagram.size() == plaintext.size() + overhead);
  check(cipher.open(datagram, opened) && opened == plaintext);
  const std::size_t bit = where % (datagram.size() * 8);
  datagram[bit / 8] = static_cast<char>(datagram[bit / 8] ^ 1 << bit % 8);
  Unreadable why{};
  if (const auto other = read_header(datagram, why); other && other->sender == header.sender)
    check(!cipher.open(datagram, opened));
}

void check_name(Bytes bytes) {
  static SessionNames names(*keys().names);
  check(!names.read(bytes));
}

}  // namespace
}  // namespace reprise::seal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::seal;
  const reprise::Bytes bytes(reinterpret_cast<const char*>(data), size);
  check_datagram(bytes);
  check_name(bytes.substr(0, session_name_size));
  std::size_t where = size;
  for (const char byte : bytes.substr(0, 4))
    where = where * 257 + static_cast<unsigned char>(byte);
  check_sealing(bytes, where);
  return 0;
}
