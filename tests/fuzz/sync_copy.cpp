// A neighbour's copy, in our own form.
#include <cstdint>

#include "sync/copy_stream.hpp"
#include "sync_copies.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  using namespace reprise::sync::fuzz;
  const Bytes bytes(reinterpret_cast<const char*>(data), size);
  Recorder whole, pieces;
  sync::CopyReader first(whole), second(pieces);
  check(read_all(first, bytes, 65536) == read_all(second, bytes, 3));
  check(whole.shown == pieces.shown);
  return 0;
}
