#include <string>
#include <vector>

#include "protocol/head_finder.hpp"
#include "protocol/text.hpp"
#include "protocol/uwsgi_packet.hpp"
#include "router/uwsgi_vars.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::router {
namespace {

using fuzz::check;
using protocol::Status;

// What stands under a name, which is there once.
std::string_view value_of(const protocol::Packet& packet, std::string_view name) {
  std::string_view value;
  int times = 0;
  for (const auto& each : packet.variables) {
    if (each.first != name) continue;
    value = each.second;
    ++times;
  }
  check(times <= 1);
  return value;
}

void check_packet(const protocol::RequestHead& head, Bytes bytes) {
  const auto packet = protocol::read_packet(bytes);
  check(packet && packet->rest.empty());
  check(packet->modifier1 == 1 && packet->modifier2 == 2);
  check(value_of(*packet, "REQUEST_METHOD") == head.method);
  check(value_of(*packet, "REQUEST_URI") == head.origin_form());
  check(value_of(*packet, "QUERY_STRING") == head.query);
  check(value_of(*packet, "REMOTE_ADDR") == "127.0.0.1");
  check(value_of(*packet, "HTTPS") == "");
  check(value_of(*packet, "HTTP_PROXY") == "");
  check(value_of(*packet, "HTTP_CONTENT_LENGTH") == "");
  const std::string length = head.has_content_length ? std::to_string(head.content_length) : "";
  check(value_of(*packet, "CONTENT_LENGTH") == length);
  for (const auto& [name, value] : packet->variables) {
    check(name.find_first_of("-abcdefghijklmnopqrstuvwxyz") == std::string_view::npos);
    value_of(*packet, name);
  }
  check(packet->variables.back().first == "LAST");
}

PacketResult encode(const protocol::RequestHead& head, std::vector<char>& memory) {
  static const Settings settings = [] {
    Settings made;
    made.modifier1 = 1;
    made.modifier2 = 2;
    made.variables = {{"LAST", "configured"}};
    return made;
  }();
  static const ConnectionFacts facts{"127.0.0.1", "1", "80"};
  return encode_request(head, facts, settings, "router.test", memory);
}

// A packet needs as much room as it has bytes, and in passing that of the path before its dots and
// escapes are resolved. Less than its own size is refused.
void check_encoding(const protocol::RequestHead& head, std::size_t other_room) {
  std::vector<char> memory(protocol::PacketWriter::max_block + 1000);
  const PacketResult result = encode(head, memory);
  check(result.status == Status::ok || result.status == Status::bad_request);
  if (result.status != Status::ok) return;
  check_packet(head, result.packet);
  const std::size_t size = result.packet.size();
  std::vector<char> enough(size + head.path.size());
  check(encode(head, enough).packet == result.packet);
  for (const std::size_t less : {size - 1, other_room % size}) {
    std::vector<char> small(less);
    check(encode(head, small).status == Status::header_fields_too_large);
  }
}

}  // namespace
}  // namespace reprise::router

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  const fuzz::Pieces pieces(data, size);
  protocol::HeadFinder finder;
  if (finder.look(pieces.bytes()) != protocol::HeadFinder::State::complete) return 0;
  const Bytes text = pieces.bytes().substr(finder.begin(), finder.end() - finder.begin());
  protocol::RequestHead head;
  if (protocol::parse_request_head(text, {}, head) != protocol::Status::ok) return 0;
  router::check_encoding(head, pieces.seed() * std::size_t{7});
  return 0;
}
