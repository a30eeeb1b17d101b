#include "compat/http_answer.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace reprise::compat {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what);
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return out;
}

// The value of a field of the head, whose lines end in CR LF.
std::optional<std::string> field(const std::string& head, const std::string& name) {
  const std::size_t at = lower(head).find("\r\n" + name + ":");
  if (at == std::string::npos) return {};
  const std::size_t begin = head.find_first_not_of(" \t", at + name.size() + 3);
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

// "200" of a status line as in RFC 9112 4.
std::string status_of(std::string_view line) {
  constexpr std::size_t size = 12;  // of "HTTP/1.1 200"
  const auto is_digit = [&](std::size_t i) { return line[i] >= '0' && line[i] <= '9'; };
  const bool good = line.size() >= size && line.starts_with("HTTP/1.") && is_digit(7) &&
                    line[8] == ' ' && is_digit(9) && is_digit(10) && is_digit(11) &&
                    (line.size() == size || line[size] == ' ');
  if (!good) fail("not an HTTP response");
  return std::string(line.substr(9, 3));
}

void check_head(const std::string& head, std::size_t body_size) {
  const std::string status = status_of(std::string_view(head).substr(0, head.find("\r\n")));
  if (status.front() != '2') fail("Not usable HTTP response: " + status);
  if (field(head, "transfer-encoding")) fail("a coded HTTP response to HTTP/1.0");
  const auto announced = field(head, "content-length");
  if (!announced) return;
  std::size_t length = 0;
  const char* const end = announced->data() + announced->size();
  const auto [stopped, error] = std::from_chars(announced->data(), end, length);
  if (error != std::errc() || stopped != end || length != body_size) {
    fail(fmt::format("{} bytes of {} came", body_size, *announced));
  }
}

}  // namespace

std::string body_of(std::string answer, std::size_t limit) {
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string::npos || end > longest_http_head) fail("not an HTTP response");
  const std::string head = answer.substr(0, end + 2);
  answer.erase(0, end + 4);
  check_head(head, answer.size());
  if (answer.size() > limit) fail(fmt::format("more than {} bytes", limit));
  return answer;
}

}  // namespace reprise::compat
