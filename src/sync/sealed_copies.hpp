#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "sync/item_reader.hpp"
#include "sync/service_counters.hpp"

namespace reprise::sync {

// Copies of a sealed cache, as those see them who move the bytes: cluster/SEALED.md says what is in
// them. No sockets and no timers here.

// A client asks for one. Nothing of the cache is said before `accept` was true.
class SealedGiving {
public:
  virtual ~SealedGiving() = default;

  // What is sent at once, and the size of what the client says to it.
  virtual Bytes hello() const = 0;
  virtual std::size_t answer_size() const = 0;
  // False: it comes of nobody who has the secret now. To be called once.
  virtual bool accept(Bytes answer) = 0;

  // Appends what comes next, some 64 KiB or nothing for now. False when it was the last.
  virtual bool next(std::string& to) = 0;
};

// What a client is told of each item that came: nothing if it was taken.
class CopyReport {
public:
  virtual ~CopyReport() = default;
  virtual void came(std::optional<Rejection> refused) = 0;
};

// We ask for one: first the request is sent, then what comes is fed, and each reply sent.
class SealedTaking : public ItemReader {
public:
  virtual Bytes request() const = 0;
};

class SealedCopies {
public:
  // A request: header, key id and 32 bytes drawn by the client.
  static constexpr std::size_t request_size = 4 + 4 + 32;

  virtual ~SealedCopies() = default;

  // Null unless the request names a secret of this cache. `counters` outlive the conversation.
  virtual std::unique_ptr<SealedGiving> give(Bytes request, ServiceCounters& counters) = 0;

  // By how many secrets one may ask, in the order in which that is to be tried.
  virtual std::size_t secrets() const = 0;
  // `report` outlives the conversation.
  virtual std::unique_ptr<SealedTaking> take(std::size_t secret, CopyReport& report) = 0;
};

}  // namespace reprise::sync
