#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>

#include "net/address.hpp"

namespace reprise::net {
namespace {

struct FreeList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

[[noreturn]] void refuse(std::string_view address, std::string_view why) {
  throw std::invalid_argument("address \"" + std::string(address) + "\": " + std::string(why));
}

// `name` as it stands in sun_path, without the NUL that both forms end with.
Endpoint unix_endpoint(std::string_view name, std::string_view address) {
  sockaddr_un target{};
  if (name.empty() || name.size() >= sizeof target.sun_path) refuse(address, "bad socket name");
  target.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), target.sun_path);
  const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
  return Endpoint(reinterpret_cast<const sockaddr*>(&target), static_cast<socklen_t>(size));
}

Endpoint tcp_endpoint(std::string_view host, std::string_view port, Role role,
                      std::string_view address) {
  const bool digits =
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (port.empty() || port.size() > 5 || !digits || std::stoi(std::string(port)) > 65535) {
    refuse(address, "bad port");
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV | (role == Role::listen ? AI_PASSIVE : 0);
  if (host.empty()) hints.ai_family = AF_INET;
  const std::string name = host.empty() ? "0.0.0.0" : std::string(host);
  addrinfo* found = nullptr;
  const int failure = ::getaddrinfo(name.c_str(), std::string(port).c_str(), &hints, &found);
  if (failure != 0) refuse(address, ::gai_strerror(failure));
  const std::unique_ptr<addrinfo, FreeList> list(found);
  return Endpoint(list->ai_addr, list->ai_addrlen);
}

}  // namespace

Endpoint resolve(std::string_view address, Role role) {
  if (address.starts_with('@')) {
    std::string name(address);
    name.front() = '\0';
    return unix_endpoint(name, address);
  }
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return unix_endpoint(address, address);
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  return tcp_endpoint(host, address.substr(colon + 1), role, address);
}

}  // namespace reprise::net
