#include "router/answer_reader.hpp"

#include <algorithm>
#include <cstring>

#include "net/plain_stream.hpp"

namespace reprise::router {

using net::Step;
using net::Want;
using protocol::HeadFinder;

net::awaitable<Result<std::size_t>> AnswerReader::receive(Upstream& upstream, bool wait_first) {
  net::Socket& socket = upstream.socket();
  for (;;) {
    if (wait_first) {
      if (received_ == 0) buffer_.release();
      const error_code error = co_await socket.ready(Want::input);
      turns_.waited();
      if (error) co_return error;
    }
    if (!buffer_) buffer_ = worker_.buffers.borrow();
    const Step step = net::receive(socket, buffer_.bytes().subspan(margin + received_));
    if (step.error) co_return step.error;
    if (step.want == Want::nothing) {
      received_ += step.bytes;
      upstream.note_received(step.bytes);
      client_.made_progress();
      co_return step.bytes;
    }
    wait_first = true;
  }
}

net::awaitable<AnswerReader::Outcome> AnswerReader::read_head(Upstream& upstream) {
  const std::size_t room =
      std::min(worker_.settings.max_response_head, BufferPool::buffer_size - margin);
  HeadFinder finder;
  auto state = received_ > 0 ? finder.look(received()) : HeadFinder::State::incomplete;
  while (state == HeadFinder::State::incomplete) {
    if (received_ >= room) co_return too_long();
    const auto bytes = co_await receive(upstream, /*wait_first=*/true);
    if (bytes.has_error() || *bytes == 0) co_return Outcome::none;
    if (!protocol::may_be_response(received().substr(0, 12))) co_return Outcome::bad;
    state = finder.look(received());
  }
  if (state == HeadFinder::State::malformed || finder.begin() > 0) co_return Outcome::bad;
  head_size_ = finder.end();
  if (head_size_ > room) co_return too_long();
  const auto head = protocol::parse_response_head(head_text());
  if (!head) co_return Outcome::bad;
  head_ = *head;
  co_return Outcome::whole;
}

// What was received behind `begin`. Decoded where it stands: once.
Bytes AnswerReader::without_frames(std::size_t begin) {
  if (!frames_) return received().substr(begin);
  const Buffer bytes = buffer_.bytes().subspan(margin + begin, received_ - begin);
  return {bytes.data(), frames_->decode(bytes).data};
}

AnswerReader::Outcome AnswerReader::too_long() {
  worker_.counters.limits.response_head.add();
  return Outcome::bad;
}

void AnswerReader::drop_head() {
  received_ -= head_size_;
  char* const front = buffer_.bytes().data() + margin;
  std::memmove(front, front + head_size_, received_);
}

Bytes AnswerReader::edited_head(protocol::HeadEdit edit) {
  const std::string changed = protocol::edited_head(head_text(), edit);
  char* const begin = buffer_.bytes().data() + margin + head_size_ - changed.size();
  std::memcpy(begin, changed.data(), changed.size());
  return {begin, changed.size()};
}

}  // namespace reprise::router
