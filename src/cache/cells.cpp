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

bool Cells::has_room(std::uint64_t payload) {
  const std::uint64_t wanted = needed(payload);
  if (wanted <= state_.free_cells) return true;
  const std::uint64_t used = state_.used + (wanted - state_.free_cells);
  return used <= count_ && space_.covers(used);
}

CellIndex Cells::take() {
  if (state_.free_list == 0) return state_.used++;
  const CellIndex index = state_.free_list;
  state_.free_list = next(index);
  --state_.free_cells;
  return index;
}

CellIndex Cells::write(const HeadCell& head, Bytes key, Bytes value) {
  assert(has_room(key.size() + value.size()));
  Pieces pieces(key, value);
  Cell cell;
  cell.head = head;
  cell.head.key_size = static_cast<std::uint16_t>(key.size());
  cell.head.value_size = static_cast<std::uint32_t>(value.size());
  pieces.fill(cell.head.payload, in_head);
  const CellIndex first = take();
  CellIndex index = first;
  CellKind kind = CellKind::head;
  std::uint64_t taken = 1;
  while (true) {
    const CellIndex following = pieces.empty() ? 0 : take();
    cell.link = tagged(kind, following);
    store(index, cell);
    if (following == 0) break;
    index = following;
    kind = CellKind::data;
    ++taken;
    cell.data = DataCell{};
    pieces.fill(cell.data.payload, in_data);
  }
  state_.cells.store(state_.cells.load(std::memory_order_relaxed) + taken,
                     std::memory_order_relaxed);
  return first;
}

void Cells::wipe(CellIndex index, CellIndex next_free) {
  Cell empty;
  empty.link = tagged(CellKind::free, next_free);
  store(index, empty);  // sessions are secrets: nothing of them stays
}

void Cells::mark_free(CellIndex index) {
  wipe(index, state_.free_list);
  state_.free_list = index;
  ++state_.free_cells;
}

// The chain goes in front of the free list as it is, so that the next item finds cells in a row.
void Cells::release(CellIndex head) {
  std::uint32_t released = 0;
  for (CellIndex index = head; index != 0; ++released) {
    const CellIndex following = next(index);
    wipe(index, following != 0 ? following : state_.free_list);
    index = following;
  }
  state_.free_list = head;
  state_.free_cells += released;
  state_.cells.store(state_.cells.load(std::memory_order_relaxed) - released,
                     std::memory_order_relaxed);
}

Cells::Payload::Payload(const Cells& cells, const Cell& head)
    : cells_(cells), cell_(head), at_(cell_.head.payload), left_(in_head) {}

bool Cells::Payload::more() {
  const CellIndex index = link_of(cell_.link);
  if (!cells_.in_range(index)) return false;
  __builtin_prefetch(cells_.cells_ + index + 4);  // a large value's, see expect()
  cell_ = cells_.load(index);
  if (kind_of(cell_.link) != CellKind::data) return false;
  at_ = cell_.data.payload;
  left_ = in_data;
  return true;
}

bool Cells::Payload::skip_equal(Bytes expected) {
  while (!expected.empty()) {
    if (left_ == 0 && !more()) return false;
    const std::size_t n = std::min(left_, expected.size());
    if (std::memcmp(at_, expected.data(), n) != 0) return false;
    expected.remove_prefix(n);
    at_ += n;
    left_ -= n;
  }
  return true;
}

bool Cells::Payload::copy(char* into, std::size_t size) {
  while (size > 0) {
    if (left_ == 0 && !more()) return false;
    const std::size_t n = std::min(left_, size);
    std::memcpy(into, at_, n);
    into += n;
    size -= n;
    at_ += n;
    left_ -= n;
  }
  return true;
}

}  // namespace reprise::cache
