#include <algorithm>
#include <string>
#include <vector>

#include "protocol/head_finder.hpp"
#include "protocol/http_head.hpp"
#include "protocol/path_info.hpp"
#include "protocol/text.hpp"
#include "tests/fuzz/pieces.hpp"

namespace reprise::protocol {
namespace {

using fuzz::check;

constexpr int incomplete = 0;

bool is_inside(Bytes part, Bytes whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// Decoded, without dots, and not longer than it was; as much again if it is escaped and decoded.
bool check_path(std::string_view path) {
  std::vector<char> memory(path.size());
  const auto decoded = path_info(path, memory);
  if (!decoded) return false;
  check(decoded->size() <= path.size() && decoded->find('\0') == Bytes::npos);
  if (!decoded->starts_with('/')) return true;
  for (const std::string_view dots : {"/.", "/.."}) {
    check(!decoded->ends_with(dots));
    check(decoded->find(std::string(dots) + "/") == Bytes::npos);
  }
  std::string escaped;
  for (const char c : *decoded)
    escaped += c == '%' ? std::string("%25") : std::string(1, c);
  std::vector<char> again(escaped.size());
  check(path_info(escaped, again) == decoded);
  return true;
}

void check_head(const RequestHead& head, Bytes text) {
  check(is_token(head.method) && is_inside(head.method, text) && is_inside(head.target, text));
  check(head.target.find_first_of(" \r\n") == Bytes::npos);
  check(head.path == "/" || is_inside(head.path, text));
  check(head.path.starts_with('/') || head.path == "*");
  check(head.path.find('?') == Bytes::npos && is_inside(head.query, text));
  check(!head.http_1_1 || !head.host.empty());
  check(head.host.starts_with(head.host_name()) && head.host.find('@') == Bytes::npos);
  check(!head.chunked || (!head.has_content_length && head.http_1_1));
  check(head.has_content_length || head.content_length == 0);
  check(!head.expects_continue || head.http_1_1);
  check(head.fields.size() <= HeadLimits().max_fields);
  for (const Field& field : head.fields) {
    check(is_token(field.name) && trim(field.value) == field.value);
    check(is_inside(field.name, text) && is_inside(field.value, text));
    check(field.value.find_first_of(std::string_view("\r\n\0", 3)) == Bytes::npos);
  }
}

// The status that the bytes get from their head alone.
int verdict(const HeadFinder& finder, HeadFinder::State state, Bytes bytes) {
  if (state == HeadFinder::State::malformed) return 400;
  if (state == HeadFinder::State::incomplete) return incomplete;
  check(finder.begin() < finder.end() && finder.end() <= bytes.size());
  const Bytes text = bytes.substr(finder.begin(), finder.end() - finder.begin());
  check(text.ends_with("\r\n\r\n"));
  RequestHead head;
  const Status status = parse_request_head(text, {}, head);
  if (status != Status::ok) return static_cast<int>(status);
  check_head(head, text);
  return check_path(head.path) ? 200 : 400;
}

int verdict_at_once(Bytes bytes) {
  HeadFinder finder;
  const auto state = finder.look(bytes);
  return verdict(finder, state, bytes);
}

int verdict_in_pieces(const fuzz::Pieces& pieces) {
  HeadFinder finder;
  auto state = HeadFinder::State::incomplete;
  Bytes so_far;
  pieces.cut(pieces.bytes().size(), [&](std::size_t end) {
    so_far = pieces.bytes().substr(0, end);
    state = finder.look(so_far);
    return state == HeadFinder::State::incomplete;
  });
  return verdict(finder, state, so_far);
}

}  // namespace
}  // namespace reprise::protocol

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::protocol;
  const reprise::fuzz::Pieces pieces(data, size);
  const int whole = verdict_at_once(pieces.bytes());
  const int parts = verdict_in_pieces(pieces);
  if (whole == incomplete && parts == 400) {
    // What no head can contain was noticed earlier; it would have been refused in the end.
    const int in_the_end = verdict_at_once(std::string(pieces.bytes()) + "\r\n\r\n");
    reprise::fuzz::check(in_the_end != 200);
  } else {
    reprise::fuzz::check((parts == 200) == (whole == 200));
    reprise::fuzz::check((parts == incomplete) == (whole == incomplete));
  }
  return 0;
}
