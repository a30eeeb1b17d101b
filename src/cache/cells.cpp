#include "cache/cells.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace reprise::cache {
namespace {

// Gives the bytes of first `a`, then `b`, piece by piece.
class Pieces {
public:
  Pieces(Bytes a, Bytes b) : first_(a), second_(b) {}
  bool empty() const { return first_.empty() && second_.empty(); }
  void fill(char* into, std::size_t size) {
    const std::size_t n = take(first_, into, size);
    take(second_, into + n, size - n);
  }

private:
  static std::size_t take(Bytes& from, char* into, std::size_t size) {
    const std::size_t n = std::min(from.size(), size);
    if (n > 0) std::memcpy(into, from.data(), n);
    from.remove_prefix(n);
    return n;
  }
  Bytes first_;
  Bytes second_;
};

constexpr std::size_t in_head = sizeof(HeadCell::payload);
constexpr std::size_t in_data = sizeof(DataCell::payload);

}  // namespace

std::uint64_t Cells::needed(std::uint64_t payload) {
  if (payload <= in_head) return 1;
  return 1 + (payload - in_head + in_data - 1) / in_data;
}

Cell Cells::load(CellIndex index) const {
  Cell copy;
  for (std::size_t i = 0; i < copy.words.size(); ++i) {
    copy.words[i] = std::atomic_ref(cells_[index].words[i]).load(std::memory_order_relaxed);
  }
  return copy;
}

void Cells::store(CellIndex index, const Cell& cell) {
  for (std::size_t i = 0; i < cell.words.size(); ++i) {
    std::atomic_ref(cells_[index].words[i]).store(cell.words[i], std::memory_order_relaxed);
  }
}

bool Cells::has_room(std::uint64_t payload) const {
  return state_.free_cells + (count_ - state_.used) >= needed(payload);
}

CellIndex Cells::take() {
  if (state_.free_list == 0) return state_.used++;
  const CellIndex index = state_.free_list;
  state_.free_list = next(index);
  --state_.free_cells;
  return index;
}

CellIndex Cells::write(Bytes key, Bytes value) {
  assert(has_room(key.size() + value.size()));
  Pieces pieces(key, value);
  Cell cell;
  cell.head = HeadCell{};
  cell.head.key_size = static_cast<std::uint16_t>(key.size());
  cell.head.value_size = static_cast<std::uint32_t>(value.size());
  pieces.fill(cell.head.payload, in_head);
  const CellIndex head = take();
  CellIndex index = head;
  CellKind kind = CellKind::head;
  while (true) {
    const CellIndex following = pieces.empty() ? 0 : take();
    cell.link = tagged(kind, following);
    store(index, cell);
    if (following == 0) return head;
    index = following;
    kind = CellKind::data;
    cell.data = DataCell{};
    pieces.fill(cell.data.payload, in_data);
  }
}

void Cells::mark_free(CellIndex index) {
  Cell empty;
  empty.link = tagged(CellKind::free, state_.free_list);
  store(index, empty);  // sessions are secrets: nothing of them stays
  state_.free_list = index;
  ++state_.free_cells;
}

void Cells::release(CellIndex head) {
  for (CellIndex index = head; index != 0;) {
    const CellIndex following = next(index);
    mark_free(index);
    index = following;
  }
}

bool Cells::read(const Cell& head, std::uint64_t size, std::string& out) const {
  out.resize(size);
  std::size_t done = std::min<std::size_t>(size, in_head);
  std::memcpy(out.data(), head.head.payload, done);
  CellIndex index = link_of(head.link);
  while (done < size) {
    if (!in_range(index)) return false;
    const Cell cell = load(index);
    if (kind_of(cell.link) != CellKind::data) return false;
    const std::size_t n = std::min<std::size_t>(size - done, in_data);
    std::memcpy(out.data() + done, cell.data.payload, n);
    done += n;
    index = link_of(cell.link);
  }
  return true;
}

bool Cells::key_is(CellIndex head, Bytes key) const {
  const Cell cell = load(head);
  if (cell.head.key_size != key.size()) return false;
  std::string stored;
  return read(cell, key.size(), stored) && Bytes(stored) == key;
}

}  // namespace reprise::cache
