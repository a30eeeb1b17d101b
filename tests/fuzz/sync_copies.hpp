#pragma once

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "sync/item_reader.hpp"

namespace reprise::sync::fuzz {

inline void check(bool holds) {
  if (!holds) std::abort();
}

// Everything that a reader shows.
class Recorder final : public ItemSink {
public:
  void item(const Change& item, UnixSeconds copied_at) override {
    check(item.operation == Operation::set && !item.key.empty() && !item.value.empty());
    check(copied_at != 0);
    shown.push_back(std::string(item.key) + '\0' + std::string(item.value) + '\0' +
                    std::to_string(item.expires));
    largest_key = std::max(largest_key, item.key.size());
    largest_value = std::max(largest_value, item.value.size());
  }
  void refused(Rejection reason) override { shown.push_back(name_of(reason)); }

  std::vector<std::string> shown;
  std::size_t largest_key = 0, largest_value = 0;
};

inline ItemReader::Status read_all(ItemReader& reader, Bytes bytes, std::size_t piece) {
  auto status = ItemReader::Status::more;
  for (; status == ItemReader::Status::more && !bytes.empty();) {
    const std::size_t size = std::min(piece, bytes.size());
    status = reader.feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
  }
  if (status == ItemReader::Status::more) status = reader.end();
  check(status != ItemReader::Status::more);
  return status;
}

}  // namespace reprise::sync::fuzz
