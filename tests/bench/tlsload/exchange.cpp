// The part of Connection that speaks HTTP, and websocket frames.

#include <algorithm>

#include <fmt/format.h>

#include "common/message_head.hpp"
#include "common/pattern.hpp"
#include "tlsload/connection.hpp"

namespace reprise::bench {
namespace {

using Kind = Request::Kind;

// Of a binary message in one frame. The mask is 0, so that the payload is what it is without one;
// nobody between client and backend reads frames.
std::string frame_head(std::uint64_t size) {
  constexpr char binary = static_cast<char>(0x82);
  constexpr int masked = 0x80, two_bytes = 126, eight_bytes = 127;
  std::string head(1, binary);
  int length_bytes = 0;
  if (size < two_bytes) {
    head += static_cast<char>(masked | static_cast<int>(size));
  } else {
    length_bytes = size <= 0xffff ? 2 : 8;
    head += static_cast<char>(masked | (length_bytes == 2 ? two_bytes : eight_bytes));
  }
  for (int shift = 8 * (length_bytes - 1); shift >= 0; shift -= 8)
    head += static_cast<char>(size >> shift & 0xff);
  return head.append(4, '\0');
}

std::string head_of(const Request& request) {
  switch (request.kind) {
    case Kind::download:
      return fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", request.bytes,
                         request.close ? "Connection: close\r\n" : "");
    case Kind::upload:
      return fmt::format("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
                         request.bytes);
    case Kind::upgrade:
      return "GET /echo HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
             "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    case Kind::message:
      break;
  }
  return frame_head(request.bytes);
}

}  // namespace

void Connection::start(const Request& request) {
  request_ = request;
  request_head_ = head_of(request);
  sent_ = 0;
  answer_head_.clear();
  upload_answer_.clear();
  in_body_ = false;
  started_at_ = Clock::now();
  state_ = State::sending;
  send();
}

void Connection::send() {
  const std::uint64_t total = request_head_.size() + (request_.has_body() ? request_.bytes : 0);
  while (sent_ < total) {
    const std::string_view piece = sent_ < request_head_.size()
                                       ? std::string_view(request_head_).substr(sent_)
                                       : pattern_at(sent_ - request_head_.size(), total - sent_);
    const int size = SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
    if (size <= 0) {
      if (SSL_get_error(ssl_.get(), size) != SSL_ERROR_WANT_WRITE)
        return fail_of_openssl("write", size);
      return wait_for(EPOLLOUT);
    }
    sent_ += static_cast<std::uint64_t>(size);
  }
  state_ = State::receiving;
  wait_for(EPOLLIN);
}

void Connection::take_answer(std::string_view bytes) {
  if (in_body_) return take_body(bytes);
  answer_head_.append(bytes);
  if (request_.kind == Kind::upgrade) return take_upgrade();
  if (request_.kind == Kind::message) return take_message_head();
  const auto head = read_head(answer_head_);
  if (!head) return;
  if (!head->first_line.starts_with("HTTP/1.1 200 ") || !head->body_length)
    return fail("the answer is " + std::string(head->first_line));
  in_body_ = true;
  body_length_ = *head->body_length;
  body_received_ = 0;
  take_body(std::string_view(answer_head_).substr(head->size));
}

void Connection::take_upgrade() {
  const auto head = read_head(answer_head_);
  if (!head) return;
  if (!head->first_line.starts_with("HTTP/1.1 101 "))
    return fail("the answer is " + std::string(head->first_line));
  if (head->size != answer_head_.size()) return fail("bytes that nothing asked for");
  state_ = State::ready;
}

void Connection::take_message_head() {
  const std::size_t size = request_head_.size();
  if (answer_head_.size() < size) return;
  if (!answer_head_.starts_with(request_head_)) return fail("not the frame that was sent");
  in_body_ = true;
  body_length_ = request_.bytes;
  body_received_ = 0;
  take_body(std::string_view(answer_head_).substr(size));
}

void Connection::take_body(std::string_view bytes) {
  const bool upload = request_.kind == Kind::upload;
  if (bytes.size() > body_length_ - body_received_) return fail("more bytes than announced");
  if (request_.verify && !upload && !matches_pattern(bytes, body_received_))
    return fail("corrupt bytes");
  if (upload) upload_answer_.append(bytes);
  body_received_ += bytes.size();
  if (body_received_ < body_length_) return;
  if (upload && upload_answer_ != fmt::format("received {}\n", request_.bytes))
    return fail("the backend has " + upload_answer_);
  if (!upload && body_length_ != request_.bytes) return fail("not the length asked for");
  state_ = State::ready;
}

}  // namespace reprise::bench
