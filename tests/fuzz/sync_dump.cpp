// A neighbour's dump: the first byte chooses the cache that it is for, the rest is the dump.
#include <cstdint>

#include "sync/dump_reader.hpp"
#include "sync_copies.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  using namespace reprise::sync::fuzz;
  if (size == 0) return 0;
  cache::Settings own;
  own.max_items = 1 + (data[0] & 7u);
  own.keysize = (data[0] & 8u) != 0 ? 16 : 40;
  own.blocksize = (data[0] & 16u) != 0 ? 16 : 64;
  own.bitmap = (data[0] & 32u) != 0;
  const Bytes dump(reinterpret_cast<const char*>(data) + 1, size - 1);
  constexpr UnixSeconds now = 1795436000;

  Recorder whole, pieces;
  sync::DumpReader first(own, now, whole), second(own, now, pieces);
  // However the bytes come, they mean the same.
  check(read_all(first, dump, 65536) == read_all(second, dump, 1 + (data[0] >> 6)));
  check(whole.shown == pieces.shown);
  check(whole.largest_key <= own.keysize);
  check(whole.largest_value <= (own.bitmap ? own.blocksize * own.all_blocks() : own.blocksize));
  return 0;
}
