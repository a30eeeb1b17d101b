#pragma once

#include <cstdint>

#include "base/bytes.hpp"
#include "cache/disk_space.hpp"
#include "cache/layout.hpp"

namespace reprise::cache {

// The cells of one shard: taking and returning them, and moving payloads in and out. Writers hold
// the shard's lock; readers may come at any time, so every word is stored and loaded atomically
// (relaxed: the shard's sequence says whether what was read belongs together).
class Cells {
public:
  Cells(ShardState& state, Cell* cells, std::uint64_t count, const DiskSpace& space)
      : state_(state), cells_(cells), count_(static_cast<CellIndex>(count)), space_(space) {}

  // How many cells an item of so many payload bytes takes.
  static std::uint64_t needed(std::uint64_t payload);

  bool in_range(CellIndex index) const { return index > 0 && index < count_; }
  HeadCell& head(CellIndex index) const { return cells_[index].head; }
  Cell load(CellIndex index) const;
  // The word of an item's head that holds its hash and its hits.
  std::uint64_t& hash_and_hits(CellIndex index) const { return cells_[index].words[hash_word]; }

  // An item's cells mostly lie in a row: all are asked for before the first has come.
  void expect(CellIndex index) const {
    for (std::size_t i = 0; i < 4; ++i)
      __builtin_prefetch(cells_ + index + i);
  }

  // True if an item of so many payload bytes finds cells.
  bool has_room(std::uint64_t payload);
  // Of a store: whether its first cells, so many, may be written to; false if the disk is full.
  bool reserve(std::uint64_t cells) { return space_.covers(cells); }

  // Takes cells and fills them with `key` and `value`, and the head with `head`'s other fields; the
  // item does not live yet. has_room() was asked before.
  CellIndex write(const HeadCell& head, Bytes key, Bytes value);

  // Wipes an item's cells and returns them.
  void release(CellIndex head);

  // Takes an item's payload out from its front, without the lock. Every call says false if links do
  // not make sense: somebody is changing the item right now.
  class Payload {
  public:
    Payload(const Cells& cells, const Cell& head);
    // False too if the bytes are others.
    bool skip_equal(Bytes expected);
    bool copy(char* into, std::size_t size);

  private:
    bool more();  // false: no further cell
    const Cells& cells_;
    Cell cell_;
    const char* at_;
    std::size_t left_;
  };

  // For putting a shard in order: what a cell says of itself.
  CellKind kind(CellIndex index) const { return kind_of(cells_[index].link); }
  CellIndex next(CellIndex index) const { return link_of(cells_[index].link); }
  void mark_free(CellIndex index);
  CellIndex used() const { return state_.used; }
  CellIndex count() const { return count_; }

private:
  CellIndex take();
  void store(CellIndex index, const Cell& cell);
  void wipe(CellIndex index, CellIndex next_free);

  ShardState& state_;
  Cell* cells_;
  CellIndex count_;
  DiskSpace space_;
};

}  // namespace reprise::cache
