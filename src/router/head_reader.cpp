#include "router/head_reader.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace reprise::router {

using net::Step;
using net::Want;
using protocol::HeadFinder;

bool HeadReader::begin() {
  idle_ = parked_.empty();
  return idle_;
}

Bytes HeadReader::head() const {
  return {input_.bytes().data() + finder_.begin(), finder_.end() - finder_.begin()};
}

Bytes HeadReader::behind() const {
  return {input_.bytes().data() + finder_.end(), input_size_ - finder_.end()};
}

// A head that is not complete yet waits in memory of its own size, not in a buffer.
void HeadReader::put_aside() {
  parked_.assign(input_.bytes().data(), input_size_);
  input_.release();
}

void HeadReader::take_back() {
  input_ = worker_.buffers.borrow();
  input_size_ = std::min(parked_.size(), input_.bytes().size());
  std::memcpy(input_.bytes().data(), parked_.data(), input_size_);
  std::string().swap(parked_);  // an assignment would keep its memory
}

// Of what is there: ok, a refusal, or nothing if more has to come.
std::optional<protocol::Status> HeadReader::judge() {
  const std::size_t limit = std::min(worker_.settings.max_head, BufferPool::buffer_size);
  if (input_size_ == 0) return std::nullopt;
  const auto state = finder_.look({input_.bytes().data(), input_size_});
  if (state == HeadFinder::State::malformed) return Status::bad_request;
  const bool complete = state == HeadFinder::State::complete;
  if (complete ? finder_.end() > limit : input_size_ >= limit) {
    worker_.counters.limits.head_bytes.add();
    return finder_.first_line_exceeds(limit) ? Status::uri_too_long
                                             : Status::header_fields_too_large;
  }
  return complete ? std::optional(Status::ok) : std::nullopt;
}

// Until a whole head stands in input_. Nothing if the connection ended before it began.
net::awaitable<std::optional<protocol::Status>> HeadReader::read() {
  finder_ = {};
  take_back();
  auto verdict = judge();
  while (!verdict) {
    const Step step = client_.read(input_.bytes().subspan(input_size_));
    if (step.error || (step.want == Want::nothing && step.bytes == 0)) co_return std::nullopt;
    if (step.want == Want::nothing) {
      if (std::exchange(idle_, false)) client_.deadline().set_from_now(worker_.timeouts.head);
      input_size_ += step.bytes;
      verdict = judge();
      if (verdict || client_.stream().pending()) continue;
    }
    put_aside();
    const Want want = step.want == Want::nothing ? Want::input : step.want;
    const error_code error = co_await client_.stream().socket().ready(want);
    if (error && !idle_ && client_.deadline().has_passed()) {
      worker_.counters.limits.head_time.add();
      co_return Status::request_timeout;
    }
    if (error) co_return std::nullopt;
    take_back();
  }
  idle_ = false;
  co_return verdict;
}

}  // namespace reprise::router
