#pragma once

#include <string>

#include "sync/packet.hpp"

namespace reprise::sync {

// What a neighbour's copy of a cache is made of, as it is read.
class ItemSink {
public:
  virtual ~ItemSink() = default;

  // `item` refers to memory that is used again. Its expiry goes by the clock that showed
  // `copied_at` when the copy was made.
  virtual void item(const Change& item, UnixSeconds copied_at) = 0;
  // One that is not to be taken.
  virtual void refused(Rejection reason) = 0;
};

// Reads a copy piece by piece as the bytes come, in bounded memory.
class ItemReader {
public:
  enum class Status {
    more,      // bytes are wanted
    complete,  // all items have been shown
    broken,    // what came is no copy, or not a whole one; what was shown is good
  };

  virtual ~ItemReader() = default;

  // After `complete` or `broken` nothing may follow.
  virtual Status feed(Bytes bytes) = 0;
  // What the other side is to be told before it goes on; empty mostly. Told once.
  virtual std::string reply() { return {}; }
  // No more bytes will come.
  virtual Status end() = 0;
};

}  // namespace reprise::sync
