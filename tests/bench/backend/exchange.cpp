#include "backend/exchange.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include <fmt/format.h>

#include "common/pattern.hpp"

namespace reprise::bench {
namespace {

constexpr std::size_t max_head = 70000;  // more than a uwsgi packet can be
std::array<char, 65536> scratch;         // one thread, and nothing stays in here

bool would_block() {
  return errno == EAGAIN || errno == EINTR;
}

}  // namespace

Exchange::Next Exchange::step() {
  if (state_ == State::echo) return echo();
  return state_ == State::answer ? send() : receive();
}

Exchange::Next Exchange::receive() {
  const ssize_t size = ::recv(fd_.get(), scratch.data(), scratch.size(), 0);
  if (size < 0) return would_block() ? Next::read : Next::close;
  if (size == 0) return Next::close;
  const std::string_view bytes(scratch.data(), static_cast<std::size_t>(size));
  if (!(state_ == State::head ? take_head(bytes) : take_body(bytes))) return Next::close;
  return state_ == State::answer ? send() : Next::read;
}

bool Exchange::take_head(std::string_view bytes) {
  head_.append(bytes);
  switch (read_request(protocol_, head_, request_)) {
    case Reading::incomplete:
      return head_.size() <= max_head;
    case Reading::malformed:
      return false;
    case Reading::complete:
      break;
  }
  state_ = State::body;
  body_received_ = 0;
  body_intact_ = true;
  const std::string start = head_.substr(request_.head_size);
  head_.clear();
  return take_body(start);
}

bool Exchange::take_body(std::string_view bytes) {
  if (bytes.size() > request_.body_length - body_received_) return false;  // pipelined: not by us
  body_intact_ = body_intact_ && matches_pattern(bytes, body_received_);
  body_received_ += bytes.size();
  if (body_received_ == request_.body_length) begin_answer();
  return true;
}

void Exchange::begin_answer() {
  answer_sent_ = 0;
  state_ = State::answer;
  if (request_.echo) {
    // The accept value of the one key that our client sends (RFC 6455, 1.3).
    answer_head_ =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
    return;
  }
  std::string text;
  if (request_.body_length > 0)
    text = body_intact_ ? fmt::format("received {}\n", body_received_) : "corrupt\n";
  const std::uint64_t length = text.empty() ? request_.answer_length : text.size();
  if (!text.empty()) request_.answer_length = 0;  // no pattern after it
  answer_head_ = fmt::format(
      "HTTP/1.1 {}\r\nContent-Type: application/octet-stream\r\nContent-Length: {}\r\n\r\n{}",
      body_intact_ ? "200 OK" : "400 Bad Request", length, text);
}

// What could not be sent at once is sent before more is received.
Exchange::Next Exchange::echo() {
  if (to_echo_.empty()) {
    const ssize_t size = ::recv(fd_.get(), scratch.data(), scratch.size(), 0);
    if (size < 0) return would_block() ? Next::read : Next::close;
    if (size == 0) return Next::close;
    to_echo_.assign(scratch.data(), static_cast<std::size_t>(size));
  }
  const ssize_t size = ::send(fd_.get(), to_echo_.data(), to_echo_.size(), MSG_NOSIGNAL);
  if (size < 0) return would_block() ? Next::write : Next::close;
  to_echo_.erase(0, static_cast<std::size_t>(size));
  return to_echo_.empty() ? Next::read : Next::write;
}

Exchange::Next Exchange::send() {
  const std::uint64_t total = answer_head_.size() + request_.answer_length;
  const std::uint64_t head_sent = std::min<std::uint64_t>(answer_sent_, answer_head_.size());
  const std::uint64_t offset = answer_sent_ - head_sent;
  std::array<iovec, 2> parts{};
  parts[0] = {.iov_base = answer_head_.data() + head_sent,
              .iov_len = answer_head_.size() - head_sent};
  if (offset < request_.answer_length) {
    const std::string_view piece = pattern_at(offset, request_.answer_length - offset);
    parts[1] = {.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()};
  }
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  const ssize_t size = ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL);
  if (size < 0) return would_block() ? Next::write : Next::close;
  answer_sent_ += static_cast<std::uint64_t>(size);
  if (answer_sent_ < total) return Next::write;
  state_ = request_.echo ? State::echo : State::head;
  if (request_.echo) return Next::read;
  return protocol_ == Protocol::http ? Next::read : Next::close;
}

}  // namespace reprise::bench
