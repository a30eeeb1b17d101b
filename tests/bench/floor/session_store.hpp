#pragma once

#include <pthread.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace reprise::bench {

// Encoded TLS sessions in memory that all workers share: made before the fork, one mutex, a fixed
// table in which a new session replaces the oldest one of its bucket. The least that does the job;
// a worker killed inside it would wedge the others, which the floor may do.
class SessionStore {
public:
  SessionStore();  // throws std::system_error
  ~SessionStore();
  SessionStore(const SessionStore&) = delete;
  SessionStore& operator=(const SessionStore&) = delete;

  // Does nothing if the session does not fit a slot.
  void put(std::string_view id, std::string_view session);
  std::optional<std::string> get(std::string_view id);

private:
  struct Slot;
  struct Bucket;
  struct Table;

  Bucket& bucket_of(std::string_view id);

  Table* table_;
};

}  // namespace reprise::bench
