#include "application/served_request.hpp"

#include <sys/socket.h>

#include <fmt/format.h>

#include "protocol/response_head.hpp"

namespace reprise::application {
namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";

// What the request's own version says, as far as an answer can be of it.
std::string_view answer_version(std::string_view protocol) {
  return protocol.empty() || protocol == "HTTP/1.0" ? "HTTP/1.0" : "HTTP/1.1";
}

bool never_has_body(int status) {
  return status == 204 || status == 304 || status < 200;
}

}  // namespace

std::string_view RequestFacts::variable(std::string_view name) const {
  for (auto it = variables.rbegin(); it != variables.rend(); ++it) {
    if (it->first == name) return it->second;
  }
  return {};
}

ServedRequest::ServedRequest(Wire& wire, const RequestReader& reader, const SocketFacts& socket,
                             RequestFacts& facts)
    : wire_(wire),
      facts_(facts),
      direct_(socket.protocol == Protocol::http),
      frames_(socket.frames),
      body_(wire, reader.body_length(), reader.ahead(),
            reader.expects_continue() && reader.ahead().empty() ? go_on : std::string_view()) {
  facts_.variables = reader.variables();
  facts_.head_size = reader.head_size();
  to_head_ = facts_.variable("REQUEST_METHOD") == "HEAD";
  version_ = answer_version(facts_.variable("SERVER_PROTOCOL"));
}

ServedRequest::Piece ServedRequest::read_body(Buffer into) {
  const Piece piece = body_.read(into);
  if (piece.status != ReadStatus::ok) facts_.read_failed = true;
  return piece;
}

void ServedRequest::start_answer(int status, std::string_view status_text, std::string_view fields,
                                 unsigned field_count) {
  head_.clear();
  head_.reserve(version_.size() + status_text.size() + fields.size() + 32);
  head_.append(version_).append(" ").append(status_text).append("\r\n").append(fields);
  if (direct_) head_.append("Connection: close\r\n");
  head_.append("\r\n");
  facts_.status = status;
  facts_.field_count = field_count;
  without_body_ = to_head_ || never_has_body(status);
}

bool ServedRequest::count(bool sent, std::uint64_t bytes) {
  if (sent) {
    facts_.answer_body_size += bytes;
  } else {
    failed_ = true;
    facts_.write_failed = true;
  }
  return sent;
}

// As the router reads it, which has to come to the same result.
bool ServedRequest::has_no_length() const {
  const auto head = protocol::parse_response_head(head_);
  return head &&
         protocol::body_length(*head, to_head_).kind == protocol::BodyLength::Kind::until_close;
}

// What goes out before the next `size` bytes of the body: the head, if it has not been sent yet.
Bytes ServedRequest::front_of(std::uint64_t size) {
  front_.clear();
  if (!head_sent_) {
    framed_ = frames_ && has_no_length();
    front_.swap(head_);
    facts_.answer_head_size = front_.size();
    head_sent_ = true;
    body_.drop_invitation();
  }
  if (!framed_ || size == 0) return front_;
  front_ += fmt::format("{}{:x}\r\n", in_chunk_ ? "\r\n" : "", size);
  in_chunk_ = true;
  return front_;
}

bool ServedRequest::write(Bytes body) {
  if (failed_) return false;
  if (without_body_) body = {};
  return count(wire_.send(front_of(body.size()), body), body.size());
}

bool ServedRequest::send_file(int fd, std::uint64_t offset, std::uint64_t size) {
  if (failed_) return false;
  if (without_body_ || size == 0) return write({});
  const Bytes front = front_of(size);
  if (!front.empty() && !count(wire_.send(front, {}, /*more=*/true), 0)) return false;
  facts_.sent_file = true;
  return count(wire_.send_file(fd, offset, size), size);
}

void ServedRequest::set_log_variable(std::string_view name, std::string_view value) {
  facts_.log_variables[std::string(name)] = value;
}

void ServedRequest::refuse(std::string_view answer, int status) {
  facts_.status = status;
  head_sent_ = true;
  wire_.send(answer, {});
}

void ServedRequest::finish() {
  if (!given_up_ && !failed_ && !head_sent_ && !head_.empty()) write({});
  if (!given_up_ && !failed_ && framed_) {
    count(wire_.send(in_chunk_ ? "\r\n0\r\n\r\n" : "0\r\n\r\n", {}), 0);
  }
  if (given_up_ || failed_) {
    // With a reset: the end of the connection must not look like the end of the answer.
    const linger at_once{1, 0};
    ::setsockopt(wire_.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  } else if (!body_.complete()) {
    wire_.linger();
  }
}

}  // namespace reprise::application
