#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cache/cache.hpp"
#include "sync/dump_record.hpp"

namespace reprise::sync {

// A cache in the form of uWSGI's dump (FORMAT.md), for a uWSGI of the same settings: first items
// are added, then pieces of the dump taken. It keeps what was added, as values come long after
// their records.
class DumpWriter {
public:
  // `settings` outlives this. Not more than `most_bytes` are kept.
  DumpWriter(const cache::Settings& settings, std::size_t most_bytes);
  DumpWriter(const DumpWriter&) = delete;
  DumpWriter& operator=(const DumpWriter&) = delete;
  ~DumpWriter();

  // False if it does not fit, the cache or the memory; it is left out then.
  bool add(Bytes key, const cache::Item& item);

  // When nothing more will be added.
  void begin();

  // Puts the next piece into `into`, about 64 KiB; false if there is none.
  bool next(std::string& into);

private:
  struct Kept {
    DumpRecord record;
    std::size_t at;  // of the key in bytes_; the value follows
  };

  void append_head(std::string& to) const;
  void append_record_of(std::uint64_t number, std::string& to) const;
  void append_values(std::string& to);
  void append_zeros(std::string& to);
  void link();

  const cache::Settings& settings_;
  const std::size_t most_bytes_;
  std::string bytes_;
  std::vector<Kept> kept_;  // record 1 and on
  std::uint64_t next_block_ = 0;

  bool has_head_ = false;
  std::uint64_t record_ = 0;  // the next to be written
  std::size_t value_ = 0;     // the next to be written, or under way
  std::size_t value_written_ = 0;
  std::uint64_t position_ = 0;  // among the blocks
};

}  // namespace reprise::sync
