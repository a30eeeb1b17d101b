#include "sync/publisher.hpp"

#include <string.h>

#include <exception>

namespace reprise::sync {

void Publisher::publish(const Change& change, Audience audience) noexcept {
  if (!nodes_.has_nodes()) return;
  try {
    if (!encode(change, datagram_)) {
      ledger_.cache().too_large_to_send.add();
      return;
    }
    nodes_.send(datagram_, audience);
  } catch (const std::exception&) {
    nodes_.no_memory();
  }
  ::explicit_bzero(datagram_.data(), datagram_.size());  // a session's secret
}

}  // namespace reprise::sync
