#include "backend/request.hpp"

#include <optional>

#include "common/message_head.hpp"

namespace reprise::bench {
namespace {

constexpr std::string_view bytes_path = "/bytes/";
constexpr std::string_view echo_path = "/echo";
constexpr std::size_t uwsgi_header_size = 4;  // modifier1, size (little endian), modifier2

// The N of /bytes/N; 0 for any other path.
std::uint64_t length_asked_for(std::string_view path) {
  if (!path.starts_with(bytes_path)) return 0;
  return read_number(path.substr(bytes_path.size())).value_or(0);
}

void read_path(std::string_view path, Request& request) {
  request.echo = path == echo_path;
  request.answer_length = length_asked_for(path);
}

Reading read_http(std::string_view text, Request& request) {
  const auto head = read_head(text);
  if (!head) return Reading::incomplete;
  const std::size_t start = head->first_line.find(' ') + 1;
  const std::size_t end = head->first_line.rfind(' ');
  if (start == 0 || end < start) return Reading::malformed;
  read_path(head->first_line.substr(start, end - start), request);
  request.body_length = head->body_length.value_or(0);
  request.head_size = head->size;
  return Reading::complete;
}

std::size_t little_endian(std::string_view two) {
  return static_cast<unsigned char>(two[0]) +
         (static_cast<std::size_t>(static_cast<unsigned char>(two[1])) << 8);
}

// Takes a length and that many bytes off the front.
std::optional<std::string_view> take_string(std::string_view& block) {
  if (block.size() < 2) return std::nullopt;
  const std::size_t size = little_endian(block);
  block.remove_prefix(2);
  if (block.size() < size) return std::nullopt;
  const std::string_view result = block.substr(0, size);
  block.remove_prefix(size);
  return result;
}

Reading read_uwsgi(std::string_view text, Request& request) {
  if (text.size() < uwsgi_header_size) return Reading::incomplete;
  const std::size_t size = little_endian(text.substr(1));
  if (text.size() < uwsgi_header_size + size) return Reading::incomplete;
  request = {};
  request.head_size = uwsgi_header_size + size;
  std::string_view block = text.substr(uwsgi_header_size, size);
  while (!block.empty()) {
    const auto key = take_string(block);
    const auto value = take_string(block);
    if (!key || !value) return Reading::malformed;
    if (*key == "PATH_INFO") read_path(*value, request);
    if (*key == "CONTENT_LENGTH") request.body_length = read_number(*value).value_or(0);
  }
  return Reading::complete;
}

}  // namespace

Reading read_request(Protocol protocol, std::string_view text, Request& request) {
  return protocol == Protocol::http ? read_http(text, request) : read_uwsgi(text, request);
}

}  // namespace reprise::bench
