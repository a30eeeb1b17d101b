#include "protocol/http_head.hpp"

#include <algorithm>
#include <limits>

#include <boost/beast/http/basic_parser.hpp>

#include "protocol/text.hpp"

namespace reprise::protocol {
namespace {

namespace http = boost::beast::http;
using boost::beast::string_view;

std::string_view view(string_view text) {
  return {text.data(), text.size()};
}

// Beast's grammar of a request head; what it takes goes into a RequestHead. The parser is stopped
// at the end of the head: nothing of Beast's body handling is used.
class Parser final : public http::basic_parser<true> {
public:
  Parser(RequestHead& out, const HeadLimits& limits) : out_(out), limits_(limits) {
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
  }

  bool too_many_fields() const { return too_many_fields_; }

private:
  using Error = boost::beast::error_code;

  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       Error&) override {
    out_.method = view(method);
    out_.target = view(target);
    out_.http_1_1 = version == 11;
  }

  void on_field_impl(http::field, string_view name, string_view value, Error& error) override {
    if (out_.fields.size() == limits_.max_fields) {
      too_many_fields_ = true;
      error = http::error::header_limit;
      return;
    }
    out_.fields.push_back({view(name), view(value)});
  }

  void on_response_impl(int, string_view, int, Error&) override {}
  void on_header_impl(Error&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Error&) override {}
  std::size_t on_body_impl(string_view body, Error&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, string_view, Error&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, Error&) override {
    return body.size();
  }
  void on_finish_impl(Error&) override {}

  RequestHead& out_;
  const HeadLimits& limits_;
  bool too_many_fields_ = false;
};

// "HTTP/2.0" and the like at the end of the first line: a version, but none of ours.
bool is_other_version(Bytes head) {
  const Bytes line = head.substr(0, head.find('\r'));
  const Bytes version = line.substr(std::min(line.size(), line.rfind(' ') + 1));
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.size() == 8 && version.starts_with("HTTP/") && digit(version[5]) &&
         version[6] == '.' && digit(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

// reg-name, IP literal and port, by their characters (RFC 3986 3.2.2), without user information.
bool is_host(std::string_view text) {
  constexpr std::size_t max_host = 255;
  constexpr std::string_view marks = "-._~!$&'()*+,;=%:[]";
  const auto good = [marks](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           marks.find(c) != std::string_view::npos;
  };
  return !text.empty() && text.size() <= max_host && std::all_of(text.begin(), text.end(), good);
}

// Control bytes and blanks are gone already (Beast); a fragment is not for servers to see.
Status split_target(RequestHead& head) {
  if (head.method == "CONNECT") return Status::not_implemented;
  std::string_view rest = head.target;
  if (rest.find('#') != std::string_view::npos) return Status::bad_request;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_ignoring_case(rest.substr(0, scheme.size()), scheme)) continue;
    rest.remove_prefix(scheme.size());
    head.authority = rest.substr(0, rest.find_first_of("/?"));
    rest.remove_prefix(head.authority.size());
    if (!is_host(head.authority)) return Status::bad_request;
    head.host = head.authority;
  }
  const std::size_t mark = rest.find('?');
  head.path = rest.substr(0, mark);
  head.query = mark == std::string_view::npos ? std::string_view() : rest.substr(mark + 1);
  if (!head.authority.empty() && rest.empty()) {
    head.path = "/";
    return Status::ok;
  }
  const bool asterisk = head.path == "*" && rest == "*" && head.method == "OPTIONS";
  return head.path.starts_with('/') || asterisk ? Status::ok : Status::bad_request;
}

Status take_transfer_encoding(RequestHead& head, std::string_view value) {
  if (head.chunked || !head.http_1_1) return Status::bad_request;
  if (equal_ignoring_case(value, "chunked")) {
    head.chunked = true;
    return Status::ok;
  }
  // Codings in front of a final chunked one, or one alone, are merely unknown; anything else leaves
  // open where the body ends.
  const std::size_t comma = value.rfind(',');
  if (comma == std::string_view::npos) {
    return is_token(value) ? Status::not_implemented : Status::bad_request;
  }
  const bool ends_chunked = equal_ignoring_case(trim(value.substr(comma + 1)), "chunked");
  const bool chunked_before = has_token(value.substr(0, comma), "chunked");
  return ends_chunked && !chunked_before ? Status::not_implemented : Status::bad_request;
}

Status take_content_length(RequestHead& head, std::string_view value) {
  const auto length = parse_length(value);
  if (head.has_content_length || !length) return Status::bad_request;
  head.has_content_length = true;
  head.content_length = *length;
  return Status::ok;
}

Status take_expect(RequestHead& head, std::string_view value) {
  if (!head.http_1_1) return Status::ok;  // RFC 9110 10.1.1
  if (!equal_ignoring_case(value, "100-continue")) return Status::expectation_failed;
  head.expects_continue = true;
  return Status::ok;
}

// The fields that decide how the message is read. Each may stand there once, except Connection.
struct Seen {
  unsigned hosts = 0;
  unsigned content_types = 0;
  bool upgrade = false;  // as a token of Connection
  bool websocket = false;
  bool websocket_key = false;
  bool websocket_version = false;
};

// RFC 9110 12.5.3: in the list, and not by a weight of 0.
bool accepts_gzip(std::string_view list) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    const std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    if (!equal_ignoring_case(trim(item.substr(0, semicolon)), "gzip")) continue;
    const std::string_view weight = trim(item.substr(std::min(semicolon + 1, item.size())));
    return !weight.starts_with("q=0") || weight.find_first_of("123456789") != weight.npos;
  }
  return false;
}

Status take_host(RequestHead& head, std::string_view value, Seen& seen) {
  if (++seen.hosts > 1 || !is_host(value)) return Status::bad_request;
  if (head.authority.empty()) head.host = value;
  return Status::ok;
}

Status take_field(RequestHead& head, const Field& field, Seen& seen) {
  const auto is = [&field](std::string_view name) { return equal_ignoring_case(field.name, name); };
  switch (field.name.size()) {
    case 4:
      if (is("Host")) return take_host(head, field.value, seen);
      break;
    case 6:
      if (is("Expect")) return take_expect(head, field.value);
      break;
    case 7:
      if (is("Upgrade")) seen.websocket = equal_ignoring_case(field.value, "websocket");
      break;
    case 15:
      if (is("Accept-Encoding")) head.accepts_gzip = head.accepts_gzip || accepts_gzip(field.value);
      break;
    case 10:
      if (!is("Connection")) break;
      head.close = head.close || has_token(field.value, "close");
      head.keep_alive = head.keep_alive || has_token(field.value, "keep-alive");
      seen.upgrade = seen.upgrade || has_token(field.value, "upgrade");
      break;
    case 12:
      if (is("Content-Type") && ++seen.content_types > 1) return Status::bad_request;
      break;
    case 14:
      if (is("Content-Length")) return take_content_length(head, field.value);
      break;
    case 17:
      if (is("Transfer-Encoding")) return take_transfer_encoding(head, field.value);
      if (is("Sec-WebSocket-Key")) seen.websocket_key = !field.value.empty();
      break;
    case 21:
      if (is("Sec-WebSocket-Version")) seen.websocket_version = true;
      break;
    default:
      break;
  }
  return Status::ok;
}

Status take_fields(RequestHead& head) {
  Seen seen;
  for (const Field& field : head.fields) {
    const Status status = take_field(head, field, seen);
    if (status != Status::ok) return status;
  }
  if (head.http_1_1 && seen.hosts == 0) return Status::bad_request;
  if (head.chunked && head.has_content_length) return Status::bad_request;
  // RFC 6455 4.1: GET, 1.1, and no body.
  const bool bodiless = !head.chunked && head.content_length == 0;
  head.upgrade = head.method == "GET" && head.http_1_1 && bodiless && seen.upgrade &&
                 seen.websocket && seen.websocket_key && seen.websocket_version;
  return Status::ok;
}

void clear(RequestHead& head) {
  std::vector<Field> fields = std::move(head.fields);
  fields.clear();
  head = RequestHead{};
  head.fields = std::move(fields);
}

}  // namespace

std::string_view RequestHead::host_name() const {
  const std::size_t name_end = host.find(']') == std::string_view::npos ? 0 : host.find(']');
  return host.substr(0, host.find(':', name_end));
}

std::string_view RequestHead::origin_form() const {
  if (authority.empty()) return target;
  const std::size_t behind =
      static_cast<std::size_t>(authority.data() - target.data()) + authority.size();
  const std::string_view rest = target.substr(behind);
  return rest.empty() ? path : rest;
}

Status parse_request_head(Bytes head, const HeadLimits& limits, RequestHead& out) {
  clear(out);
  Parser parser(out, limits);
  boost::beast::error_code error;
  const std::size_t taken = parser.put(boost::asio::buffer(head.data(), head.size()), error);
  if (parser.too_many_fields()) return Status::header_fields_too_large;
  if (error == http::error::bad_version && is_other_version(head)) {
    return Status::version_not_supported;
  }
  if (error || taken != head.size()) return Status::bad_request;
  const Status target = split_target(out);
  return target != Status::ok ? target : take_fields(out);
}

}  // namespace reprise::protocol
