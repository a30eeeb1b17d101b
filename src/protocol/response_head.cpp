#include "protocol/response_head.hpp"

#include <algorithm>

#include "protocol/text.hpp"

namespace reprise::protocol {
namespace {

constexpr std::string_view crlf = "\r\n";
constexpr std::string_view gzip_wish = "uWSGI-Encoding";

// Takes the line at the front of `rest` off it, without its CR LF.
std::string_view take_line(Bytes& rest) {
  const std::size_t end = rest.find(crlf);
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(rest.size(), line.size() + crlf.size()));
  return line;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// "HTTP/1.1 200 OK", "HTTP/1.0 404"
bool parse_status_line(std::string_view line, ResponseHead& out) {
  if (!may_be_response(line) || line.size() < 12) return false;
  if (line.find('\r') != std::string_view::npos) return false;
  const std::string_view code = line.substr(9, 3);
  if (!std::all_of(code.begin(), code.end(), is_digit) || code.front() == '0') return false;
  if (line.size() > 12 && line[12] != ' ') return false;
  out.http_1_1 = line[7] == '1';
  out.status = (code[0] - '0') * 100 + (code[1] - '0') * 10 + (code[2] - '0');
  return true;
}

bool take_length(std::string_view value, ResponseHead& out) {
  const auto length = parse_length(value);
  if (!length || (out.content_length && out.content_length != length)) return false;
  out.content_length = length;
  return true;
}

bool is_connection_field(std::string_view name) {
  return equal_ignoring_case(name, "Connection") || equal_ignoring_case(name, "Keep-Alive");
}

// "timeout=5, max=100". What is no number says nothing.
void take_keep_alive(std::string_view value, ResponseHead& out) {
  constexpr std::string_view timeout = "timeout=";
  constexpr std::size_t most_digits = 6;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    std::string_view parameter = trim(value.substr(0, comma));
    value.remove_prefix(std::min(comma + 1, value.size()));
    if (!equal_ignoring_case(parameter.substr(0, timeout.size()), timeout)) continue;
    parameter.remove_prefix(timeout.size());
    const auto seconds = parse_length(parameter.substr(0, most_digits));
    if (!seconds) continue;
    out.keep_alive = std::min(out.keep_alive.value_or(*seconds), static_cast<unsigned>(*seconds));
  }
}

bool take_field(std::string_view name, std::string_view value, ResponseHead& out) {
  ++out.fields;
  if (equal_ignoring_case(name, "Content-Length")) return take_length(value, out);
  if (equal_ignoring_case(name, "Transfer-Encoding")) {
    const std::size_t comma = value.rfind(',');
    const std::string_view last = comma == std::string_view::npos ? value : value.substr(comma + 1);
    out.other_codings = out.transfer_encoding || !equal_ignoring_case(value, "chunked");
    out.transfer_encoding = true;
    out.chunked = equal_ignoring_case(trim(last), "chunked");
  } else if (equal_ignoring_case(name, "Content-Encoding")) {
    out.content_encoding = true;
  } else if (equal_ignoring_case(name, gzip_wish)) {
    out.wants_gzip = equal_ignoring_case(value, "gzip");
  } else if (is_connection_field(name)) {
    out.connection = true;
    const bool is_keep_alive = equal_ignoring_case(name, "Keep-Alive");
    if (is_keep_alive) take_keep_alive(value, out);
    out.close = out.close || (!is_keep_alive && has_token(value, "close"));
  }
  return true;
}

// All Connection fields' values, one behind the other.
std::string names_of_connection(Bytes head) {
  std::string names;
  for (;;) {
    const std::string_view line = take_line(head);
    if (line.empty()) return names;
    const std::size_t colon = std::min(line.find(':'), line.size());
    if (!equal_ignoring_case(line.substr(0, colon), "Connection")) continue;
    names.append(line.substr(std::min(colon + 1, line.size()))).push_back(',');
  }
}

bool is_of_connection(std::string_view name, std::string_view named) {
  if (is_connection_field(name)) return true;
  for (const std::string_view other : {"Proxy-Connection", "Upgrade"}) {
    if (equal_ignoring_case(name, other)) return true;
  }
  for (const std::string_view framing : {"Content-Length", "Transfer-Encoding"}) {
    if (equal_ignoring_case(name, framing)) return false;
  }
  return !name.empty() && has_token(named, name);
}

}  // namespace

bool may_be_response(Bytes beginning) {
  constexpr std::string_view version = "HTTP/1.";
  if (!beginning.starts_with(version.substr(0, beginning.size()))) return false;
  if (beginning.size() > 7 && beginning[7] != '0' && beginning[7] != '1') return false;
  return beginning.size() <= 8 || beginning[8] == ' ';
}

std::optional<ResponseHead> parse_response_head(Bytes head) {
  ResponseHead out;
  if (head.find('\0') != Bytes::npos) return std::nullopt;
  if (!parse_status_line(take_line(head), out)) return std::nullopt;
  for (;;) {
    const std::string_view line = take_line(head);
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
    if (line.find('\r') != std::string_view::npos) return std::nullopt;
    if (!take_field(line.substr(0, colon), trim(line.substr(colon + 1)), out)) return std::nullopt;
  }
  if (out.transfer_encoding && out.content_length) return std::nullopt;
  return out;
}

std::string edited_head(Bytes head, HeadEdit edit) {
  const std::string named = edit.own_connection ? names_of_connection(head) : std::string();
  std::string out;
  out.reserve(head.size() + 128);
  out.append(take_line(head)).append(crlf);
  for (;;) {
    const std::string_view line = take_line(head);
    if (line.empty()) break;
    const std::string_view name = line.substr(0, line.find(':'));
    if (edit.close && is_connection_field(name)) continue;
    if (edit.own_connection && is_of_connection(name, named)) continue;
    if (edit.gzip && equal_ignoring_case(name, gzip_wish)) continue;
    out.append(line).append(crlf);
  }
  if (edit.gzip) out.append("Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n");
  if (edit.chunked) out.append("Transfer-Encoding: chunked\r\n");
  if (edit.close) out.append(close_field);
  return out.append(crlf);
}

std::string with_connection_close(Bytes head) {
  return edited_head(head, {.close = true});
}

}  // namespace reprise::protocol
