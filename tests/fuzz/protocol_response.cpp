#include <optional>
#include <string>

#include "protocol/head_finder.hpp"
#include "protocol/http_body.hpp"
#include "protocol/response_head.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::protocol {
namespace {

using fuzz::check;

// Closes, says the same otherwise, and is what it was when done again.
void check_closing(const ResponseHead& head, Bytes text) {
  const std::string closing = with_connection_close(text);
  check(closing.size() <= text.size() + close_field.size());
  check(closing.ends_with(std::string(close_field) + "\r\n"));
  const auto again = parse_response_head(closing);
  check(again && again->close && again->connection);
  check(again->status == head.status && again->http_1_1 == head.http_1_1);
  check(again->content_length == head.content_length && again->chunked == head.chunked);
  check(again->transfer_encoding == head.transfer_encoding);
  check(with_connection_close(closing) == closing);
}

// Without what its sender says of its connection it is the same message.
void check_own_connection(const ResponseHead& head, Bytes text) {
  const std::string kept = edited_head(text, {.own_connection = true});
  check(kept.size() <= text.size());
  const auto again = parse_response_head(kept);
  check(again && !again->connection && !again->close);
  check(again->status == head.status && again->http_1_1 == head.http_1_1);
  check(again->content_length == head.content_length && again->chunked == head.chunked);
  check(again->other_codings == head.other_codings && again->fields <= head.fields);
  const std::string closing = edited_head(text, {.own_connection = true, .close = true});
  check(closing.size() == kept.size() + close_field.size());
  check(edited_head(kept, {.own_connection = true}) == kept);
}

void check_head(const ResponseHead& head, Bytes text) {
  check(head.status >= 100 && head.status <= 999);
  check(!head.chunked || head.transfer_encoding);
  check(!head.transfer_encoding || !head.content_length);
  check(!head.close || head.connection);
  for (std::size_t size = 0; size <= 12; ++size)
    check(may_be_response(text.substr(0, size)));
  check(body_length(head, /*to_head=*/true) == BodyLength());
  check_closing(head, text);
  check_own_connection(head, text);
}

struct Followed {
  std::size_t taken = 0;
  bool done = false;
  bool malformed = false;
  bool operator==(const Followed&) const = default;
};

Followed follow_at_once(BodyLength length, Bytes bytes) {
  BodyFollower follower(length);
  const std::size_t taken = follower.take(bytes);
  check(taken <= bytes.size());
  const Followed followed{taken, follower.done(), follower.malformed()};
  check(!followed.done || !followed.malformed);
  check(taken == bytes.size() || followed.done || followed.malformed);
  if (followed.done || followed.malformed) check(follower.take(bytes) == 0);
  return followed;
}

Followed follow_in_pieces(BodyLength length, Bytes bytes, const fuzz::Pieces& pieces) {
  BodyFollower follower(length);
  Followed followed;
  std::size_t begin = 0;
  pieces.cut(bytes.size(), [&](std::size_t end) {
    const std::size_t taken = follower.take(bytes.substr(begin, end - begin));
    followed.taken += taken;
    const bool all = taken == end - begin;
    begin = end;
    return all;
  });
  followed.done = follower.done();
  followed.malformed = follower.malformed();
  return followed;
}

// The head, if it is one that would be passed on; and behind it, whatever the pieces are.
std::optional<ResponseHead> read_head(const fuzz::Pieces& pieces, std::size_t& size) {
  HeadFinder finder;
  if (finder.look(pieces.bytes()) != HeadFinder::State::complete || finder.begin() > 0) return {};
  size = finder.end();
  return parse_response_head(pieces.bytes().substr(0, size));
}

void check_arrival_in_pieces(const fuzz::Pieces& pieces, std::size_t size) {
  HeadFinder finder;
  auto state = HeadFinder::State::incomplete;
  pieces.cut(pieces.bytes().size(), [&](std::size_t end) {
    state = finder.look(pieces.bytes().substr(0, end));
    return state == HeadFinder::State::incomplete;
  });
  check(state == HeadFinder::State::complete && finder.begin() == 0 && finder.end() == size);
}

}  // namespace
}  // namespace reprise::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise;
  using namespace reprise::protocol;
  const fuzz::Pieces pieces(data, size);
  const Bytes bytes = pieces.bytes();
  // As a chunked body alone, too: few heads lead to one.
  const BodyLength chunked{BodyLength::Kind::chunked, 0};
  fuzz::check(follow_at_once(chunked, bytes) == follow_in_pieces(chunked, bytes, pieces));
  std::size_t head_size = 0;
  const auto head = read_head(pieces, head_size);
  if (!head) return 0;
  check_head(*head, bytes.substr(0, head_size));
  check_arrival_in_pieces(pieces, head_size);
  const BodyLength length = body_length(*head, /*to_head=*/false);
  const Bytes body = bytes.substr(head_size);
  fuzz::check(follow_at_once(length, body) == follow_in_pieces(length, body, pieces));
  return 0;
}
