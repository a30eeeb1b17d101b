#include <string>
#include <vector>

#include "protocol/head_finder.hpp"
#include "protocol/text.hpp"
#include "router/http_request.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::router {
namespace {

using fuzz::check;
using protocol::HeadFinder;
using protocol::RequestHead;
using protocol::Status;

Settings settings_of(unsigned seed) {
  constexpr Forwarding forwarding[] = {Forwarding::off, Forwarding::add, Forwarding::replace};
  Settings settings;
  settings.backend_http.wanted = true;
  settings.backend_http.kept = static_cast<int>(seed % 2);
  settings.websockets = seed / 2 % 2 == 1;
  settings.x_forwarded_for = forwarding[seed / 4 % 3];
  settings.x_forwarded_proto = forwarding[seed / 4 % 3];
  settings.forwarded = forwarding[seed / 12 % 3];
  return settings;
}

bool is_of_connection(std::string_view name) {
  for (const std::string_view other :
       {"Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Expect", "Proxy", "HTTP2-Settings"}) {
    if (protocol::equal_ignoring_case(name, other)) return true;
  }
  return name.find('_') != std::string_view::npos;
}

// Whoever reads it finds one request, the same one, and nothing that is of the client's connection.
void check_written(const RequestHead& head, const Settings& settings, Bytes text) {
  HeadFinder finder;
  check(finder.look(text) == HeadFinder::State::complete);
  check(finder.begin() == 0 && finder.end() == text.size());
  RequestHead written;
  check(protocol::parse_request_head(text, {600}, written) == Status::ok);
  check(written.method == head.method && written.target == head.origin_form());
  check(written.authority.empty());
  check(written.http_1_1 == head.http_1_1);
  check(written.host == (head.host.empty() ? "router.test" : head.host));
  check(written.chunked == head.chunked && written.has_content_length == head.has_content_length);
  check(written.content_length == head.content_length && !written.expects_continue);
  check(!written.upgrade || (settings.websockets && head.upgrade));
  for (std::size_t i = 0; i < written.fields.size(); ++i) {
    check(!is_of_connection(written.fields[i].name));
    for (std::size_t other = 0; other < i; ++other)
      check(!protocol::equal_ignoring_case(written.fields[i].name, written.fields[other].name));
  }
}

void check_encoding(const RequestHead& head, unsigned seed, std::size_t other_room) {
  const Settings settings = settings_of(seed);
  ConnectionFacts facts;
  facts.remote_address = "127.0.0.1";
  std::vector<char> memory(200'000);
  const auto encode = [&](std::size_t room) {
    return encode_http_request(head, facts, settings, "router.test", Buffer(memory.data(), room));
  };
  const PacketResult result = encode(memory.size());
  check(result.status == Status::ok || result.status == Status::bad_request);
  if (result.status != Status::ok) return;
  check_written(head, settings, result.packet);
  const std::size_t size = result.packet.size();
  check(encode(size).packet.size() == size);
  for (const std::size_t less : {size - 1, other_room % size})
    check(encode(less).status == Status::header_fields_too_large);
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
  router::check_encoding(head, pieces.seed(), pieces.seed() * std::size_t{7});
  return 0;
}
