#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "sync/dump_reader.hpp"
#include "sync/dump_writer.hpp"

namespace reprise::sync::testing {

// Keeps what a reader shows.
class Basket final : public ItemSink {
public:
  struct Kept {
    std::string value;
    UnixSeconds expires = 0;
    UnixSeconds copied_at = 0;
  };
  void item(const Change& item, UnixSeconds copied_at) override {
    items[std::string(item.key)] = {std::string(item.value), item.expires, copied_at};
  }
  void refused(Rejection reason) override { ++reasons[reason]; }

  std::map<std::string, std::string> values() const {
    std::map<std::string, std::string> out;
    for (const auto& [key, kept] : items)
      out[key] = kept.value;
    return out;
  }

  std::map<std::string, Kept> items;
  std::map<Rejection, int> reasons;
};

// Gives `bytes` to the reader in pieces of that size, and then their end if it wants to know.
inline ItemReader::Status read_all(ItemReader& reader, Bytes bytes, std::size_t piece = 65536) {
  auto status = ItemReader::Status::more;
  for (; status == ItemReader::Status::more && !bytes.empty();) {
    const std::size_t size = std::min(piece, bytes.size());
    status = reader.feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  return status == ItemReader::Status::more ? reader.end() : status;
}

inline std::string written(DumpWriter& writer) {
  writer.begin();
  std::string all, piece;
  while (writer.next(piece))
    all += piece;
  return all;
}

}  // namespace reprise::sync::testing
