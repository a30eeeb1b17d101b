#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "cache/layout.hpp"

namespace reprise::cache {

// The cells of one shard: taking and returning them, and moving payloads in and out. Writers hold
// the shard's lock; readers may come at any time, so every word is stored and loaded atomically
// (relaxed: the shard's sequence says whether what was read belongs together).
class Cells {
public:
  Cells(ShardState& state, Cell* cells, std::uint64_t count)
      : state_(state), cells_(cells), count_(static_cast<CellIndex>(count)) {}

  // How many cells an item of so many payload bytes takes.
  static std::uint64_t needed(std::uint64_t payload);

  bool in_range(CellIndex index) const { return index > 0 && index < count_; }
  HeadCell& head(CellIndex index) const { return cells_[index].head; }
  Cell load(CellIndex index) const;

  // True if an item of so many payload bytes finds cells.
  bool has_room(std::uint64_t payload) const;

  // Takes cells and fills them with `key` and `value`; the item does not live yet. has_room() was
  // asked before.
  CellIndex write(Bytes key, Bytes value);

  // Wipes an item's cells and returns them.
  void release(CellIndex head);

  // The payload of an item whose head was loaded, without the lock: nothing if links or sizes do
  // not make sense (somebody is changing the item right now).
  bool read(const Cell& head, std::uint64_t size, std::string& out) const;

  // Compares an item's key under the lock.
  bool key_is(CellIndex head, Bytes key) const;

  // For putting a shard in order: what a cell says of itself.
  CellKind kind(CellIndex index) const { return kind_of(cells_[index].link); }
  CellIndex next(CellIndex index) const { return link_of(cells_[index].link); }
  void mark_free(CellIndex index);
  CellIndex used() const { return state_.used; }

private:
  CellIndex take();
  void store(CellIndex index, const Cell& cell);

  ShardState& state_;
  Cell* cells_;
  CellIndex count_;
};

}  // namespace reprise::cache
