#include <algorithm>

#include "seal/clear.hpp"
#include "tests/fuzz/pieces.hpp"

// What is read can be written again, and is then read as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::seal;
  const reprise::Bytes datagram(reinterpret_cast<const char*>(data), size);
  if (const auto clear = read_clear(datagram)) {
    const std::string again = write_clear(*clear);
    reprise::fuzz::check(again.size() == datagram.size());
    reprise::fuzz::check(std::equal(again.begin(), again.begin() + 21, datagram.begin()));
  }
  if (const auto cookie = cookie_of(datagram)) reprise::fuzz::check(text_of(*cookie) == datagram);
  return 0;
}
