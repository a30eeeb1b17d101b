#pragma once

#include <sys/un.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/shared_descriptor.hpp"
#include "base/unique_fd.hpp"
#include "protocol/http_head.hpp"
#include "router/client.hpp"
#include "router/settings.hpp"

namespace reprise::router {

// One request and what became of it.
struct AccessRecord {
  std::string address;  // the client's, whatever proxy it came by
  std::string method, uri, host, referer, user_agent;
  std::string_view protocol = "HTTP/1.1";
  std::size_t variables = 0;     // of the packet
  std::size_t packet_bytes = 0;  // 0: none was made
  std::uint64_t number = 0;      // of the requests of its process
  std::chrono::system_clock::time_point at;
  std::chrono::steady_clock::time_point began;
  std::chrono::microseconds took{0};
  Client::Answered answered;
};

// A request whose head was read, or could not be.
AccessRecord begin_record(const protocol::RequestHead& head, const std::string& address);

// uWSGI's line (spec/process/wsgi.md), or one JSON object. No line end. Whatever clients may send
// stays one line, of at most PIPE_BUF: long fields are cut.
std::string uwsgi_line(const AccessRecord& record);
std::string json_line(const AccessRecord& record);

// Where the lines of all workers go: a file, standard output or syslog. Opened before the fork, and
// before rights are dropped.
class AccessLog {
public:
  // Throws std::system_error for a target that can not be opened.
  explicit AccessLog(const AccessLogSettings& settings);

  // Whether it is a file, which may be moved away.
  bool is_file() const { return !path_.empty(); }
  // For the process that opens files: opens it again, and has the others follow, if `shared` was
  // shared with them. Throws std::system_error.
  void reopen() const;
  SharedDescriptor& shared() const { return shared_; }
  // What reopen() did elsewhere. write() does so by itself.
  void follow() const noexcept;

  // One write; what the system does not take is lost, and nobody waits for it.
  void write(const AccessRecord& record) const;

private:
  AccessFormat format_;
  std::optional<sockaddr_un> syslog_;  // where it listens
  std::string path_;                   // of a file
  UniqueFd fd_;                        // none: standard output
  mutable SharedDescriptor shared_;
};

}  // namespace reprise::router
