// The part of Connection that speaks HTTP.

#include <algorithm>

#include <fmt/format.h>

#include "common/message_head.hpp"
#include "common/pattern.hpp"
#include "tlsload/connection.hpp"

namespace reprise::bench {

void Connection::start(const Request& request) {
  request_ = request;
  request_head_ =
      request.upload
          ? fmt::format("POST /upload HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n",
                        request.bytes)
          : fmt::format("GET /bytes/{} HTTP/1.1\r\nHost: localhost\r\n\r\n", request.bytes);
  sent_ = 0;
  answer_head_.clear();
  upload_answer_.clear();
  in_body_ = false;
  started_at_ = Clock::now();
  state_ = State::sending;
  send();
}

void Connection::send() {
  const std::uint64_t total = request_head_.size() + (request_.upload ? request_.bytes : 0);
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
  const auto head = read_head(answer_head_);
  if (!head) return;
  if (!head->first_line.starts_with("HTTP/1.1 200 ") || !head->body_length)
    return fail("the answer is " + std::string(head->first_line));
  in_body_ = true;
  body_length_ = *head->body_length;
  body_received_ = 0;
  take_body(std::string_view(answer_head_).substr(head->size));
}

void Connection::take_body(std::string_view bytes) {
  if (bytes.size() > body_length_ - body_received_) return fail("more bytes than announced");
  if (request_.verify && !request_.upload && !matches_pattern(bytes, body_received_))
    return fail("corrupt bytes");
  if (request_.upload) upload_answer_.append(bytes);
  body_received_ += bytes.size();
  if (body_received_ < body_length_) return;
  if (request_.upload && upload_answer_ != fmt::format("received {}\n", request_.bytes))
    return fail("the backend has " + upload_answer_);
  if (!request_.upload && body_length_ != request_.bytes) return fail("not the length asked for");
  state_ = State::ready;
}

}  // namespace reprise::bench
