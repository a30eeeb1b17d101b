#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"

namespace reprise::bench {

// Non-blocking IPv4 TCP sockets. All throw std::system_error; the sockets are close-on-exec.

// "127.0.0.1:8443". Throws std::invalid_argument.
sockaddr_in parse_address(const std::string& text);

UniqueFd listen_on(const sockaddr_in& address);
// The port the system chose, if it was asked for port 0.
std::uint16_t port_of(int listener);

// Begins to connect, with TCP_NODELAY; the socket becomes writable when that has ended.
UniqueFd connect_to(const sockaddr_in& address);
// How it ended: 0 or an errno.
int connect_error(int fd);

// The next waiting connection with TCP_NODELAY; none if there is none (any more).
UniqueFd accept_from(int listener);

// Makes close() send a RST.
void reset_on_close(int fd);

}  // namespace reprise::bench
