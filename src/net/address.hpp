#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

namespace reprise::net {

// A socket address of any family.
class Endpoint {
public:
  Endpoint() = default;
  Endpoint(const sockaddr* address, socklen_t size);

  // Of either end of a connected or bound socket; family AF_UNSPEC if the kernel gives none.
  static Endpoint local(int fd);
  static Endpoint peer(int fd);

  // An IPv4 address that came as IPv6 (::ffff:192.0.2.1), as itself; every other as it is.
  Endpoint unmapped() const;

  // The same bytes: family, address, port or name.
  bool operator==(const Endpoint& other) const;

  int family() const { return storage_.ss_family; }
  const sockaddr* data() const { return reinterpret_cast<const sockaddr*>(&storage_); }
  socklen_t size() const { return size_; }

  // "127.0.0.1:80", "[::1]:80", "/run/app.sock", "@name"; empty for an unnamed unix socket.
  std::string text() const;

  // "127.0.0.1" or "::1"; empty if not TCP.
  std::string host() const;
  // In host order; 0 if not TCP.
  unsigned port() const;
  // The path of a unix socket in the file system; empty otherwise.
  std::string path() const;

private:
  sockaddr_storage storage_{};
  socklen_t size_ = 0;
};

enum class Role { listen, connect };

// How names are asked for: getaddrinfo(), or what behaves like it.
using Lookup = int (*)(const char* host, const char* service, const addrinfo* hints,
                       addrinfo** found);

// True if the address has a host name that is to be resolved.
bool has_host_name(std::string_view address);

// An address as in the options: "host:port" (a name's IPv4 address; to connect its IPv6 address if
// it has no other), ":port" (any IPv4 address), "[v6]:port", a
// path or "@abstract" (bound as uWSGI does it: NUL name NUL). Asks the resolver for a host name and
// waits for it, so for start-up only. Throws std::invalid_argument for what is no address
// (parsers/address), has none, or is a shared or passed socket.
Endpoint resolve(std::string_view address, Role role, Lookup lookup = ::getaddrinfo);

}  // namespace reprise::net
