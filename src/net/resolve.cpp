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

using FoundList = std::unique_ptr<addrinfo, FreeList>;

bool is_name(const syntax::Tcp& tcp) {
  const bool numbers = tcp.host.find_first_not_of("0123456789.") == std::string::npos;
  return !tcp.ipv6 && !numbers;
}

[[noreturn]] void refuse(std::string_view address, std::string_view why) {
  throw std::invalid_argument("address \"" + std::string(address) + "\": " + std::string(why));
}

// Makes an endpoint of each kind of address.
struct Resolver {
  std::string_view address;
  Role role;
  Lookup lookup;

  Endpoint operator()(const syntax::Tcp& tcp) const {
    // A name has one IPv4 address here, as in uWSGI (spec/routers/https.md 1).
    FoundList list;
    int failure = ask(tcp, tcp.ipv6 ? AF_INET6 : AF_INET, list);
    if (failure != 0 && role == Role::connect && is_name(tcp)) {
      const int other = ask(tcp, AF_INET6, list);
      if (other == 0) failure = 0;
    }
    if (failure != 0) refuse(address, ::gai_strerror(failure));
    return Endpoint(list->ai_addr, list->ai_addrlen);
  }

  Endpoint operator()(const syntax::UnixPath& file) const { return unix_endpoint(file.path); }

  Endpoint operator()(const syntax::Abstract& abstract) const {
    return unix_endpoint('\0' + abstract.name);
  }

  Endpoint operator()(const syntax::Shared&) const {
    refuse(address, "a shared socket is of use to listen only");
  }
  Endpoint operator()(const syntax::Inherited&) const {
    refuse(address, "no listening socket was passed under this number");
  }

private:
  int ask(const syntax::Tcp& tcp, int family, FoundList& list) const {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_family = family;
    hints.ai_flags = AI_NUMERICSERV | (role == Role::listen ? AI_PASSIVE : 0);
    // "1.2.3.400" and what looks like hexadecimal digits are not for a resolver.
    if (!is_name(tcp)) hints.ai_flags |= AI_NUMERICHOST;
    const std::string host = tcp.host.empty() ? "0.0.0.0" : tcp.host;
    addrinfo* found = nullptr;
    const int failure = lookup(host.c_str(), std::to_string(tcp.port).c_str(), &hints, &found);
    if (failure == 0) list.reset(found);
    return failure;
  }

  // `name` as it stands in sun_path, without the NUL that both forms end with.
  Endpoint unix_endpoint(std::string_view name) const {
    sockaddr_un target{};
    if (name.size() >= sizeof target.sun_path) refuse(address, "bad socket name");
    target.sun_family = AF_UNIX;
    std::copy(name.begin(), name.end(), target.sun_path);
    const std::size_t size = offsetof(sockaddr_un, sun_path) + name.size() + 1;
    return Endpoint(reinterpret_cast<const sockaddr*>(&target), static_cast<socklen_t>(size));
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

bool has_host_name(std::string_view address) {
  const syntax::Address what = parsed(address);
  const auto* tcp = std::get_if<syntax::Tcp>(&what);
  return tcp != nullptr && is_name(*tcp);
}

Endpoint resolve(std::string_view address, Role role, Lookup lookup) {
  return std::visit(Resolver{address, role, lookup}, parsed(address));
}

}  // namespace reprise::net
