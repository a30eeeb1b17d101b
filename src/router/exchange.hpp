#pragma once

#include <optional>

#include "protocol/body_encoder.hpp"
#include "router/answer_reader.hpp"
#include "router/request.hpp"
#include "router/request_body.hpp"

namespace reprise::router {

// One request and its answer, over an upstream connection that is theirs meanwhile.
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

  // How often a client is looked at while its upstream has not answered. Most have by then, so a
  // request costs nothing for it.
  static constexpr std::chrono::seconds client_check_period{1};

  // Whom the deadline wakes.
  enum class Phase {
    asking,    // nothing of an answer is there: the upstream
    relaying,  // both
    closing,   // the client
  };

  void look_after_client();
  net::awaitable<End> refuse(Status status);
  net::awaitable<End> exchange_with_upstream();
  net::awaitable<AnswerReader::Outcome> first_head();
  net::awaitable<bool> ask_again();
  bool may_ask_again() const;
  void keep_for_asking_again(Bytes unsent);
  void end_upstream(bool nothing_unread, End end);
  net::awaitable<Status> relay_interim_heads();
  net::awaitable<End> relay_answer();
  net::awaitable<End> relay_body(protocol::BodyFollower& body);
  net::awaitable<bool> tell_client(Bytes bytes);
  net::awaitable<void> end_request_body();
  net::awaitable<End> relay();
  void start_request_body(Bytes unsent);
  void open_tunnel();

  Status status_of(AnswerReader::Outcome outcome) const;
  void choose_framing(const protocol::BodyFollower& body);
  protocol::HeadEdit head_edit() const;
  net::awaitable<bool> write_head(Bytes body_start);
  net::awaitable<bool> write_body(Bytes piece);
  net::awaitable<End> end_of_framed();
  End truncated(bool length_was_known);
  End client_failed();

  Worker& worker_;
  Client& client_;
  Request request_;
  Upstream upstream_;
  RequestBody body_;
  AnswerReader answer_;
  Phase phase_ = Phase::asking;
  net::Deadline client_check_;
  bool client_left_ = false;
  bool tunnel_ = false;    // the upgrade has happened
  Bytes held_back_;        // until then: what the client sent too early
  bool keep_ = false;      // the client's connection
  bool in_order_ = false;  // the answer ended where it said, so its connection may serve again
  std::optional<std::chrono::seconds> backend_keeps_;  // that connection
  struct Again {
    std::string text;
    std::string host;
  };
  std::optional<Again> again_;  // the request, as long as it may be sent once more
  std::optional<protocol::BodyEncoder> encoder_;  // of an answer that gets another framing
};

}  // namespace reprise::router
