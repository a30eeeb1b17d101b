#include "cluster/healing_messages.hpp"
#include "cluster/messages.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::cluster {
namespace {

using fuzz::check;

// What was read, written again, is what was read.
template <class Read, class Write>
void check_again(const Message& message, Read read, Write write) {
  const auto told = read(message.body);
  if (!told) return;
  std::string bytes;
  write(bytes, *told);
  const auto again = read_messages(bytes);
  check(again && again->size() == 1 && again->front().type == message.type);
  std::string twice;
  const auto same = read(again->front().body);
  check(same.has_value());
  write(twice, *same);
  check(twice == bytes);
}

void check_message(const Message& message) {
  const auto write = [](std::string& to, const auto& told) { append(to, told); };
  switch (message.type) {
    case Type::session:
      if (const auto told = read_session_message(message.body)) {
        std::string der;
        if (der_of(*told, der)) check(der.size() <= told->der.size() + told->id.size());
      }
      return check_again(message, read_session_message, write);
    case Type::erase_session:
      return check_again(message, read_erase_session, write);
    case Type::item:
      return check_again(message, read_item, write);
    case Type::erase_item:
      return check_again(message, read_erase_item, write);
    case Type::ask:
      return check_again(message, read_ask, write);
    case Type::answer:
      return check_again(message, read_answer, write);
    case Type::not_here:
      return check_again(message, read_not_here, write);
    case Type::hello:
      return check_again(message, read_hello, write);
    case Type::challenge:
      return check_again(message, read_challenge, write);
    case Type::proof:
      return check_again(message, read_proof, write);
    case Type::next_name:
      return check_again(
          message, read_next_name,
          [](std::string& to, const seal::SenderName& name) { append_next_name(to, name); });
    case Type::lost:
      return check_again(message, read_lost, write);
    case Type::settled:
      return check_again(message, read_settled, write);
    case Type::digest:
      return check_again(message, read_digest, write);
    case Type::listing:
      return check_again(message, read_listing, write);
    case Type::wanted:
      return check_again(message, read_fingerprints, append_wanted);
    case Type::erased:
      return check_again(message, read_fingerprints, append_erased);
    case Type::fill:
      return check_again(message, read_fill, write);
    case Type::fill_end:
      return check_again(message, read_fill_end, write);
    case Type::gone:
    case Type::end_of_copy:
      return;
  }
}

}  // namespace
}  // namespace reprise::cluster

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::cluster;
  reprise::Bytes plaintext(reinterpret_cast<const char*>(data), size);
  if (!take_preamble(plaintext)) return 0;
  const auto messages = read_messages(plaintext);
  if (!messages) return 0;
  std::size_t length = 0;
  for (const Message& message : *messages) {
    length += 3 + message.body.size();
    check_message(message);
  }
  reprise::fuzz::check(length == plaintext.size());
  return 0;
}
