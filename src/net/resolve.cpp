#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <variant>

#include "net/address.hpp"
#include "parsers/address/address.hpp"

namespace reprise::net {
namespace {

namespace syntax = parsers::address;

struct FreeList {
  void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

[[noreturn]] void refuse(std::string_view address, std::string_view why) {
  throw std::invalid_argument("address \"" + std::string(address) + "\": " + std::string(why));
}

// Makes an endpoint of each kind of address.
struct Resolver {
  std::string_view address;
  Role role;

  Endpoint operator()(const syntax::Tcp& tcp) const {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    // A name has one IPv4 address here, as in uWSGI (spec/routers/https.md 1).
    hints.ai_family = tcp.ipv6 ? AF_INET6 : AF_INET;
    hints.ai_flags = AI_NUMERICSERV | (role == Role::listen ? AI_PASSIVE : 0);
    const std::string host = tcp.host.empty() ? "0.0.0.0" : tcp.host;
    addrinfo* found = nullptr;
    const int failure =
        ::getaddrinfo(host.c_str(), std::to_string(tcp.port).c_str(), &hints, &found);
    if (failure != 0) refuse(address, ::gai_strerror(failure));
    const std::unique_ptr<addrinfo, FreeList> list(found);
    return Endpoint(list->ai_addr, list->ai_addrlen);
  }

  Endpoint operator()(const syntax::UnixPath& file) const { return unix_endpoint(file.path); }

  Endpoint operator()(const syntax::Abstract& abstract) const {
    return unix_endpoint('\0' + abstract.name);
  }

  Endpoint operator()(const syntax::Shared&) const { refuse_shared(); }
  Endpoint operator()(const syntax::Inherited&) const { refuse_shared(); }

private:
  // `name` as it stands in sun_path, without the NUL that both forms end with.
  Endpoint unix_endpoint(std::string_view name) const {
    sockaddr_un target{};
    if (name.size() >= sizeof target.sun_path) refuse(address, "bad socket name");
    target.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), target.sun_path);
    const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
    return Endpoint(reinterpret_cast<const sockaddr*>(&target), static_cast<socklen_t>(size));
  }

  [[noreturn]] void refuse_shared() const {
    refuse(address, "shared sockets are not supported here");
  }
};

syntax::Address parsed(std::string_view address) {
  try {
    return syntax::parse(address);
  } catch (const parsers::SyntaxError& error) {
    refuse(address, std::string("expected ") + error.what());
  }
}

}  // namespace

Endpoint resolve(std::string_view address, Role role) {
  return std::visit(Resolver{address, role}, parsed(address));
}

}  // namespace reprise::net
