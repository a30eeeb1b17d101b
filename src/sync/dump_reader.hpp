#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "cache/settings.hpp"
#include "sync/dump_record.hpp"
#include "sync/item_reader.hpp"

namespace reprise::sync {

// Reads uWSGI's dump: a head, all records, all values (FORMAT.md). Nothing in it is believed: each
// record is checked by its own hash and against the counts, and says where its value is to be
// looked for; links are not followed.
//
// A dump does not tell its keysize. In a cache without bitmap the place of the first record and its
// number do; otherwise it is taken to be that of `own`.
class DumpReader final : public ItemReader {
public:
  // Counts beyond these are those of no real cache.
  static constexpr std::uint64_t most_items = 1'000'000'000;
  static constexpr std::uint64_t largest_block = 1 << 30;
  static constexpr std::uint64_t largest_value = std::uint64_t{64} << 20;
  // What is kept of the records until their values come; items beyond it are refused as `full`.
  static constexpr std::size_t most_memory = std::size_t{256} << 20;

  // `own`: of the cache that it is for; `now` is taken for the neighbour's clock, which a dump does
  // not tell. `sink` outlives this.
  DumpReader(const cache::Settings& own, UnixSeconds now, ItemSink& sink);
  DumpReader(const DumpReader&) = delete;
  DumpReader& operator=(const DumpReader&) = delete;
  ~DumpReader() override;

  Status feed(Bytes bytes) override;
  Status end() override;

private:
  enum class Part { head, search, records, values, complete, broken };
  // A living item whose value has not come yet.
  struct Awaited {
    std::uint64_t begin;  // of the value, among all blocks
    std::uint64_t value_size;
    std::uint64_t expires;
    std::size_t key;  // where it stands in keys_
    std::size_t key_size;
  };

  bool step();
  bool read_head();
  bool search();
  bool read_records();
  bool read_values();
  std::uint64_t keysize_told_by(const DumpRecord& record, std::uint64_t offset) const;
  bool has_known_hash(const DumpRecord& record, Bytes key) const;
  void take(const DumpRecord& record, Bytes rest);
  void await(const DumpRecord& record, Bytes key);
  void enter(Part part);
  Status status() const;
  std::uint64_t least_size() const;

  Bytes rest() const { return Bytes(pending_).substr(used_); }
  void consume(std::size_t size);

  const std::uint64_t keysize_limit_;  // of the own cache
  const std::uint64_t value_limit_;
  const std::uint64_t item_limit_;
  const bool own_has_bitmap_;
  const UnixSeconds now_;
  ItemSink& sink_;

  Part part_ = Part::head;
  std::string pending_;       // what is not looked at yet
  std::size_t used_ = 0;      // of pending_
  std::uint64_t offset_ = 0;  // of rest(), in the records or in the blocks
  std::uint64_t items_;       // by the head
  std::uint64_t blocksize_;
  std::uint64_t keysize_ = 0;  // 0: not known yet
  std::function<std::uint32_t(Bytes)> hash_;
  std::string keys_;
  std::vector<Awaited> awaited_;
  std::size_t next_ = 0;  // of awaited_
};

}  // namespace reprise::sync
