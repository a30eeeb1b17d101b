#pragma once

#include <string>

#include "base/unique_fd.hpp"
#include "base/written.hpp"
#include "net/asio.hpp"
#include "subscription/intake.hpp"

namespace reprise::subscription {

// A socket that announces come to: UDP, or a unix datagram socket.
class Server {
public:
  // `inherited` is what a former generation bound there; or binds. Takes a socket file away that
  // nobody answers at. `provisional`: only to see whether it could be done, what stands at a path
  // stays. Throws std::runtime_error for an address that is none or in use.
  Server(const Written& address, UniqueFd inherited, bool provisional);
  // Where it is, whatever way it was written.
  static net::Endpoint endpoint_of(const Written& address);

  // Throws what making one would (the system's error as std::system_error), without the place.
  // UDP: what was bound, to be closed; of a unix socket's path only its directory is looked at.
  static UniqueFd try_out(const net::Endpoint& endpoint);

  const std::string& address() const { return address_; }
  int fd() const { return fd_.get(); }
  bool is_unix() const { return unix_; }
  // Whether only processes of this host reach it.
  bool is_local() const;

  void close() { fd_.reset(); }
  // Takes the file of a unix socket away; gives its path, or nothing.
  std::string remove_socket_file() const;

  // Receives for as long as the loop runs. `intake` outlives that.
  net::awaitable<void> run(net::asio::io_context& io, Intake& intake) const;

private:
  std::string address_;
  UniqueFd fd_;
  bool unix_ = false;
};

}  // namespace reprise::subscription
