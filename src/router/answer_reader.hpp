#pragma once

#include <cstddef>
#include <optional>

#include "net/turns.hpp"
#include "protocol/chunked.hpp"
#include "protocol/head_finder.hpp"
#include "protocol/response_head.hpp"
#include "router/client.hpp"
#include "router/upstream.hpp"

namespace reprise::router {

// What an upstream answers: its head, then pieces of its body, through one buffer. A margin in
// front leaves room for another field.
class AnswerReader {
public:
  // References outlive this. Whatever comes is progress of the client's.
  AnswerReader(Worker& worker, Client& client) : worker_(worker), client_(client) {}

  enum class Outcome {
    whole,
    none,  // the upstream ended or failed first, or the deadline passed
    bad,   // that is no head, or too long a one
  };
  // Until one whole head stands at the front of received(), and is parsed.
  net::awaitable<Outcome> read_head(Upstream& upstream);

  // Fills up the buffer; 0: the upstream's end. While nothing is in it, it is borrowed only when
  // bytes are there.
  net::awaitable<Result<std::size_t>> receive(Upstream& upstream, bool wait_first);

  // After read_head.
  const protocol::ResponseHead& head() const { return head_; }
  Bytes head_text() const { return received().substr(0, head_size_); }
  Bytes behind() { return without_frames(head_size_); }

  // The head with a change that makes it grow by no more than `Connection: close`. It keeps its
  // end, where the body begins, and grows to the front.
  Bytes edited_head(protocol::HeadEdit edit);

  // From behind the head on, the answer comes in frames, which end it: one between our applications
  // and us. behind() and piece() are what their sender's application wrote.
  void expect_frames() { frames_.emplace(); }
  bool has_frames() const { return frames_.has_value(); }
  bool frames_done() const { return frames_ && frames_->done(); }
  bool frames_malformed() const { return frames_ && frames_->malformed(); }
  // After drop_all() and receive().
  Bytes piece() { return without_frames(0); }

  Bytes received() const { return {buffer_.bytes().data() + margin, received_}; }
  bool is_empty() const { return received_ == 0; }
  bool is_full() const { return received_ >= BufferPool::buffer_size - margin; }
  void drop_head();
  void drop_all() { received_ = 0; }
  void release() { buffer_.release(); }

  // Others have waited long enough.
  bool turn_is_over() { return turns_.over(); }

private:
  static constexpr std::size_t margin = protocol::close_field.size();

  Outcome too_long();
  Bytes without_frames(std::size_t begin);

  Worker& worker_;
  Client& client_;
  BufferPool::Lease buffer_;
  std::size_t received_ = 0;  // bytes behind the margin
  std::size_t head_size_ = 0;
  protocol::ResponseHead head_;
  std::optional<protocol::ChunkedFollower> frames_;
  net::Turns turns_;
};

}  // namespace reprise::router
