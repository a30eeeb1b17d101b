#pragma once

#include <string>

#include "cache/cache.hpp"
#include "sync/item_reader.hpp"

namespace reprise::sync {

// Our own form of a copy (FORMAT.md): a head with the sender's time, then each item as the datagram
// that would tell of it, and an end. It is made of what is there while it is sent, and neither side
// keeps any of it.

// The head: a packet of its own.
std::string copy_head(UnixSeconds now);
std::string copy_end();

class CopyReader final : public ItemReader {
public:
  // `sink` outlives this.
  explicit CopyReader(ItemSink& sink) : sink_(sink) {}
  CopyReader(const CopyReader&) = delete;
  CopyReader& operator=(const CopyReader&) = delete;
  ~CopyReader() override;

  Status feed(Bytes bytes) override;
  Status end() override;

private:
  Status take(Bytes packet);
  Status take_head(Bytes packet);

  ItemSink& sink_;
  std::string pending_;  // less than a packet
  UnixSeconds copied_at_ = 0;
};

}  // namespace reprise::sync
