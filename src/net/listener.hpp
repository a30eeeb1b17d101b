#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace reprise::net {

// spec/process/process-model.md 11; all of it only for TCP.
struct ListenOptions {
  int backlog = 100;
  int defer_accept_seconds = 0;  // TCP_DEFER_ACCEPT; 0: off
  bool reuse_port = false;
  bool freebind = false;
};

// A socket that listens: bound in the master before the fork, accepted from in the workers, handed
// to the next program at a reload. Non-blocking; TCP_NODELAY is set here and inherited by what is
// accepted.
class Listener {
public:
  // `address` as in the options: "host:port", ":port", "[v6]:port", a path, "@abstract".
  // An old unix socket at the path is replaced. Throws std::system_error ("bind ADDRESS") or
  // std::invalid_argument for an address that is none or does not resolve.
  static Listener bind(std::string_view address, const ListenOptions& options);

  // Takes over what an earlier program bound to the same text.
  static Listener adopt(std::string_view address, UniqueFd fd);

  const std::string& address() const { return address_; }  // as written
  std::string bound_name() const;                          // "127.0.0.1:37091", or the path
  std::string unix_path() const;  // of a path in the file system; empty otherwise
  int fd() const { return fd_.get(); }

private:
  Listener(std::string address, UniqueFd fd) : address_(std::move(address)), fd_(std::move(fd)) {}

  std::string address_;
  UniqueFd fd_;
};

}  // namespace reprise::net
