#pragma once

#include <chrono>
#include <map>
#include <string>

#include "application/host.hpp"
#include "application/request_body.hpp"
#include "application/request_reader.hpp"

namespace reprise::application {

// What became of a request, for its line in the log.
struct RequestFacts {
  std::span<const Variable> variables;
  std::size_t head_size = 0;  // of the variables, with their lengths
  pid_t pid = 0;
  unsigned worker = 0;  // from 1
  unsigned core = 0;
  std::optional<std::size_t> app;
  std::uint64_t worker_requests = 0;
  std::uint64_t all_requests = 0;
  int status = 500;
  unsigned field_count = 0;
  std::uint64_t answer_head_size = 0;
  std::uint64_t answer_body_size = 0;
  bool sent_file = false;
  bool write_failed = false;
  bool read_failed = false;
  bool wants_line = false;  // log_this_request()
  std::chrono::system_clock::time_point when;
  std::chrono::microseconds took{0};
  std::map<std::string, std::string> log_variables;

  std::string_view variable(std::string_view name) const;
};

// A request whose head has been read, and the answer as it goes out.
class ServedRequest final : public Exchange {
public:
  ServedRequest(Wire& wire, const RequestReader& reader, const SocketFacts& socket,
                RequestFacts& facts);

  std::span<const Variable> variables() const override { return facts_.variables; }
  std::string_view variable(std::string_view name) const override { return facts_.variable(name); }
  int fd() const override { return wire_.fd(); }

  Piece read_body(Buffer into) override;
  std::uint64_t body_length() const override { return body_.length(); }
  std::uint64_t body_consumed() const override { return body_.consumed(); }
  bool body_is_chunked() const override { return body_.chunked(); }
  bool seek_body(std::uint64_t position) override { return body_.seek(position); }

  void start_answer(int status, std::string_view status_text, std::string_view fields,
                    unsigned field_count) override;
  bool started() const override { return !head_.empty() || head_sent_; }
  bool head_sent() const override { return head_sent_; }
  bool write(Bytes body) override;
  bool send_file(int fd, std::uint64_t offset, std::uint64_t count) override;
  void give_up() override { given_up_ = true; }

  void served_by(std::size_t app) override { facts_.app = app; }
  void count_exception() override { ++exceptions_; }
  void set_log_variable(std::string_view name, std::string_view value) override;
  void log_this_request() override { facts_.wants_line = true; }

  RequestBody& body() { return body_; }
  // An answer of the server's own.
  void refuse(std::string_view answer, int status);
  // After the application: sends what is pending, and ends the connection as it must end.
  void finish();
  unsigned exceptions() const { return exceptions_; }

private:
  bool count(bool sent, std::uint64_t bytes);
  bool has_no_length() const;
  Bytes front_of(std::uint64_t size);

  Wire& wire_;
  RequestFacts& facts_;
  bool direct_;  // the client's own connection
  bool frames_;  // for our own router: it sees where an answer without a length ends
  bool to_head_;
  std::string_view version_;  // of the status line
  RequestBody body_;
  std::string head_;
  std::string front_;      // of the piece that is sent: the head, a chunk's size
  bool framed_ = false;    // this answer is
  bool in_chunk_ = false;  // one has begun, and its last line end is not sent
  bool head_sent_ = false;
  bool without_body_ = false;
  bool given_up_ = false;
  bool failed_ = false;
  unsigned exceptions_ = 0;
};

}  // namespace reprise::application
