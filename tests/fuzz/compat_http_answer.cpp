#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "compat/http_answer.hpp"
#include "tests/fuzz/parsers_check.hpp"

namespace {

constexpr std::size_t limit = 4096;

using reprise::compat::body_of;
using reprise::parsers::check;

bool is_taken(const std::string& answer, std::size_t most) {
  try {
    body_of(answer, most);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

// What is taken is what stands behind the first empty line, whole: an answer of which a byte is
// missing, or with one more, is another one or none.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string answer(reinterpret_cast<const char*>(data), size);
  std::string body;
  try {
    body = body_of(answer, limit);
  } catch (const std::runtime_error&) {
    return 0;
  }
  check(body.size() <= limit);
  const std::size_t end = answer.find("\r\n\r\n");
  check(end != std::string::npos && answer.substr(end + 4) == body);
  check(answer.starts_with("HTTP/1.") && answer[9] == '2');
  check(body.empty() || !is_taken(answer, body.size() - 1));
  // With the length told, no other number of bytes is taken.
  const std::string told =
      "HTTP/1.0 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  check(is_taken(told, limit));
  check(!is_taken(told + "x", limit + 1));
  check(body.empty() || !is_taken(told.substr(0, told.size() - 1), limit));
  return 0;
}
