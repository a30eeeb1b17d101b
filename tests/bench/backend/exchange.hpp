#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backend/request.hpp"
#include "base/unique_fd.hpp"

namespace reprise::bench {

// One connection to the backend: a request, its answer, and the next request (HTTP) or the end
// (uwsgi, which has one request a connection). After a 101 everything that comes is sent back.
class Exchange {
public:
  enum class Next { read, write, close };

  Exchange(UniqueFd fd, Protocol protocol) : fd_(std::move(fd)), protocol_(protocol) {}

  int fd() const { return fd_.get(); }
  // Reads or writes once, whichever is due, and says what to wait for.
  Next step();

private:
  enum class State { head, body, answer, echo };

  Next receive();
  Next send();
  // False: the bytes are no request of ours.
  bool take_head(std::string_view bytes);
  bool take_body(std::string_view bytes);
  void begin_answer();
  Next echo();

  UniqueFd fd_;
  Protocol protocol_;
  State state_ = State::head;
  std::string head_;  // received so far
  Request request_;
  std::uint64_t body_received_ = 0;
  bool body_intact_ = true;
  std::string answer_head_;
  std::uint64_t answer_sent_ = 0;  // of head and pattern together
  std::string to_echo_;
};

}  // namespace reprise::bench
