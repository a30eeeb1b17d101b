#pragma once

#include <array>
#include <string>
#include <vector>

#include "application/settings.hpp"
#include "application/wire.hpp"
#include "protocol/http_body.hpp"
#include "protocol/http_head.hpp"

namespace reprise::application {

// What a socket's requests have in common.
struct SocketFacts {
  Protocol protocol = Protocol::uwsgi;
  std::string address;  // as written
  std::string host_name;
  bool frames = false;  // answers without a length go out in chunks (router::BackendAddress)
};

// A request's head, as variables, and where its body begins. Keeps its memory from request to
// request.
class RequestReader {
public:
  enum class Result {
    ok,
    nothing,    // the connection ended before it had begun
    refused,    // `refusal` is an answer
    malformed,  // no answer would be understood
  };

  // Waits for a whole head, until `deadline` at the latest.
  Result read(Wire& wire, const SocketFacts& socket, Wire::Clock::time_point deadline);

  const std::vector<Variable>& variables() const { return variables_; }
  protocol::BodyLength body_length() const { return length_; }
  Bytes ahead() const { return ahead_; }
  bool expects_continue() const { return expects_continue_; }
  std::size_t head_size() const { return head_size_; }
  const std::string& refusal() const { return refusal_; }

private:
  Result read_packet(Wire& wire, Wire::Clock::time_point deadline);
  Result read_http(Wire& wire, const SocketFacts& socket, Wire::Clock::time_point deadline);
  Result encode(const SocketFacts& socket, int fd, Bytes head);
  Result take_packet(Bytes packet);
  Result refuse(protocol::Status status);

  static constexpr std::size_t room = 4 + 65535 + 4096;
  std::array<char, room> input_;
  std::array<char, 65536> packet_;
  std::size_t size_ = 0;
  protocol::RequestHead head_;
  std::vector<Variable> variables_;
  protocol::BodyLength length_;
  Bytes ahead_;
  bool expects_continue_ = false;
  std::size_t head_size_ = 0;
  std::string refusal_;
};

}  // namespace reprise::application
