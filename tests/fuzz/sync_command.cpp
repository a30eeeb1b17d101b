// A command on a cache, as it comes over TCP.
#include <cstdint>
#include <cstdlib>

#include "sync/command.hpp"

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

bool is_inside(reprise::Bytes part, reprise::Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::sync;
  using Verb = Command::Verb;
  reprise::Bytes packet(reinterpret_cast<const char*>(data), size);
  if (size < Command::header_size) return 0;
  const auto whole = command_size(packet);
  if (!whole || *whole > size) return 0;
  packet = packet.substr(0, *whole);
  const auto command = read_command(packet);
  if (!command) return 0;
  for (const reprise::Bytes part : {command->cache, command->key, command->value})
    check(is_inside(part, packet));
  check(command->value_size <= Command::largest_value);
  const bool of_all =
      command->verb == Verb::clear || command->verb == Verb::dump || command->verb == Verb::copy;
  check(of_all || !command->key.empty());
  const bool sets = command->verb == Verb::set || command->verb == Verb::update;
  check(sets || (command->value.empty() && command->value_size == 0));
  return 0;
}
