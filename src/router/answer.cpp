#include "router/answer.hpp"

#include <fmt/format.h>

namespace reprise::router {
namespace {

std::string make(protocol::Status status, std::string_view text, bool with_body) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "Content-Type: text/plain\r\n"
      "Content-Length: {}\r\n"
      "Connection: close\r\n"
      "\r\n{}",
      static_cast<int>(status), reason_phrase(status), text.size(), with_body ? text : "");
}

}  // namespace

std::string make_answer(protocol::Status status, bool with_body) {
  const std::string text = fmt::format("{} {}\n", static_cast<int>(status), reason_phrase(status));
  return make(status, text, with_body);
}

std::string make_redirect(std::string_view host, std::string_view port, std::string_view target) {
  return fmt::format(
      "HTTP/1.1 301 Moved Permanently\r\n"
      "Location: https://{}{}{}{}\r\n"
      "Content-Length: 0\r\n"
      "Connection: close\r\n"
      "\r\n",
      host, port.empty() ? "" : ":", port, target == "*" ? "/" : target);
}

std::string make_plain_http_answer() {
  return make(protocol::Status::bad_request, "Client sent an HTTP request to an HTTPS server.\n",
              /*with_body=*/true);
}

}  // namespace reprise::router
