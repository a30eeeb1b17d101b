#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.hpp"

namespace reprise::sync {

// One record of uWSGI's cache memory, which its dumps consist of (FORMAT.md): eleven words, then
// room for a key. Little endian.
struct DumpRecord {
  static constexpr std::size_t head_size = 88;

  std::uint64_t flags = 0;
  std::uint64_t key_size = 0;  // 0: nothing lives here
  std::uint64_t hash = 0;
  std::uint64_t value_size = 0;
  std::uint64_t first_block = 0;  // the record's own number in a cache without bitmap
  std::uint64_t expires = 0;      // Unix seconds, 0: never
  std::uint64_t hits = 0;
  std::uint64_t previous = 0, next = 0;  // records of the same slot of the hash table, 0: none
};

// `bytes` has the head at least.
DumpRecord read_record(Bytes bytes);

// Appends the head, the key, and zeros up to `keysize`; the key is not longer than that.
void append_record(std::string& to, const DumpRecord& record, Bytes key, std::size_t keysize);

}  // namespace reprise::sync
