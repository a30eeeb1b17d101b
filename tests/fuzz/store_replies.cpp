// What servers of session stores send: any bytes, in any pieces, as answers to any requests.
#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "store/dialect.hpp"
#include "store/slots.hpp"
#include "store/vault.hpp"

namespace {

using namespace reprise;
using namespace reprise::store;

void check(bool holds) {
  if (!holds) std::abort();
}

void check(const Reply& reply) {
  check(reply.text.size() <= Vault::most_value);
  for (const SlotRange& range : reply.slots)
    check(range.first <= range.last && range.last < slots_of_a_cluster && range.port != 0);
  if (reply.answer == Answer::moved || reply.answer == Answer::ask) {
    if (const auto to = read_redirection(reply.text))
      check(to->slot < slots_of_a_cluster && to->port != 0);
  }
}

// As a link reads: all answers that are there, then the next piece.
void read(const Dialect& dialect, const Request& request, Bytes bytes, std::size_t piece) {
  const auto reader = dialect.reader();
  while (!bytes.empty()) {
    if (reader->feed(bytes.substr(0, piece))) return;
    bytes.remove_prefix(std::min(piece, bytes.size()));
    for (;;) {
      const auto reply = reader->next(request);
      if (!reply) return;
      if (!*reply) break;
      check(**reply);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto memcached = make_memcached_dialect();
  static const auto redis = make_redis_dialect({});
  if (size < 2) return 0;
  Request request;
  request.verb = static_cast<Verb>(data[0] % 7);
  request.name = "n";
  const Bytes bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = data[1] % 64 + 1;
  read(data[0] < 128 ? *memcached : *redis, request, bytes, piece);
  return 0;
}
