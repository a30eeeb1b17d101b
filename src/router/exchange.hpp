#pragma once

#include <memory>
#include <optional>

#include "net/turns.hpp"
#include "protocol/body_encoder.hpp"
#include "protocol/chunked.hpp"
#include "protocol/head_finder.hpp"
#include "protocol/http_body.hpp"
#include "router/request_body.hpp"

namespace reprise::router {

// A request whose packet is made, and what is left to know of it.
struct Request {
  BufferPool::Lease packet_buffer;
  Bytes packet;
  BufferPool::Lease input;  // what was received with the head; `host` and `body_start` stand in it
  Bytes body_start;
  protocol::BodyFollower body;      // what comes behind body_start
  std::unique_ptr<BodySpool> kept;  // or the whole body
  std::uint64_t max_body = 0;       // bytes; 0: any number
  std::string_view host;
  std::string_view client;  // its address
  bool http_1_1 = false;
  bool to_head = false;   // HEAD: the answer has no body
  bool may_keep = false;  // as far as request and settings are concerned
  bool expects_continue = false;
  bool accepts_gzip = false;
  bool upgrade = false;  // to websocket: after a 101 both sides say what they like
};

// One request and its answer, over an upstream connection of their own.
class Exchange {
public:
  enum class End {
    keep,   // the next request may follow
    close,  // the answer is complete; the connection ends in order
    gone,   // nothing is left to be said
  };

  // References outlive this.
  Exchange(Worker& worker, Client& client, Request request);

  net::awaitable<End> run();

  // Called when the session's deadline passes.
  void deadline_passed();

private:
  using Status = protocol::Status;

  // Whom the deadline wakes.
  enum class Phase {
    asking,    // nothing of an answer is there: the upstream
    relaying,  // both
    closing,   // the client
  };

  void look_after_client();
  net::awaitable<End> refuse(Status status);
  net::awaitable<End> exchange_with_upstream();
  net::awaitable<Status> read_head();
  net::awaitable<Status> relay_interim_heads();
  net::awaitable<End> relay_answer();
  net::awaitable<End> relay_body(protocol::BodyFollower& body);
  net::awaitable<Result<std::size_t>> receive(bool wait_first);
  net::awaitable<bool> tell_client(Bytes bytes);
  net::awaitable<void> end_request_body();
  net::awaitable<End> relay();
  void start_request_body(Bytes unsent);
  void open_tunnel();

  Status no_answer() const;
  Bytes received() const;
  Bytes with_connection_field();
  void choose_framing(const protocol::BodyFollower& body);
  net::awaitable<bool> write_head(Bytes body_start);
  net::awaitable<bool> write_body(Bytes piece);
  net::awaitable<End> end_of_framed();
  Bytes without_frames(std::size_t begin);
  End truncated(bool length_was_known);
  End client_failed();

  Worker& worker_;
  Client& client_;
  Request request_;
  Upstream upstream_;
  RequestBody body_;
  Phase phase_ = Phase::asking;
  net::Deadline client_check_;
  bool client_left_ = false;
  bool tunnel_ = false;  // the upgrade has happened
  Bytes held_back_;      // until then: what the client sent too early
  net::Turns turns_;

  // The answer's head, then pieces of its body. A margin in front leaves room for another field.
  BufferPool::Lease answer_;
  std::size_t received_ = 0;  // bytes behind the margin
  std::size_t head_size_ = 0;
  protocol::ResponseHead head_;
  bool keep_ = false;
  std::optional<protocol::BodyEncoder> encoder_;     // of an answer that gets another framing
  std::optional<protocol::ChunkedFollower> frames_;  // of one between our applications and us
};

}  // namespace reprise::router
