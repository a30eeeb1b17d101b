#include "net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include <fmt/format.h>

namespace reprise::net {
namespace {

template <class Address>
Address as(const sockaddr* from) {
  Address to{};
  std::memcpy(&to, from, sizeof to);
  return to;
}

// What stands in sun_path, as far as the length says.
std::string_view name_in(const Endpoint& endpoint) {
  constexpr auto offset = offsetof(sockaddr_un, sun_path);
  if (endpoint.size() <= offset) return {};
  return {reinterpret_cast<const char*>(endpoint.data()) + offset, endpoint.size() - offset};
}

Endpoint ask(int fd, int (*get_name)(int, sockaddr*, socklen_t*)) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (get_name(fd, address, &size) != 0) return {};
  return Endpoint(address, size);
}

}  // namespace

Endpoint::Endpoint(const sockaddr* address, socklen_t size)
    : size_(std::min(size, static_cast<socklen_t>(sizeof storage_))) {
  std::memcpy(&storage_, address, size_);
}

bool Endpoint::operator==(const Endpoint& other) const {
  return size_ == other.size_ && std::memcmp(&storage_, &other.storage_, size_) == 0;
}

Endpoint Endpoint::local(int fd) {
  return ask(fd, ::getsockname);
}
Endpoint Endpoint::peer(int fd) {
  return ask(fd, ::getpeername);
}

Endpoint Endpoint::unmapped() const {
  if (family() != AF_INET6) return *this;
  const auto v6 = as<sockaddr_in6>(data());
  if (!IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) return *this;
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = v6.sin6_port;
  std::memcpy(&v4.sin_addr, v6.sin6_addr.s6_addr + 12, sizeof v4.sin_addr);
  return Endpoint(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
}

std::string Endpoint::text() const {
  if (family() == AF_INET) return fmt::format("{}:{}", host(), port());
  if (family() == AF_INET6) return fmt::format("[{}]:{}", host(), port());
  const std::string_view name = name_in(*this);
  if (family() != AF_UNIX || name.empty()) return {};
  if (name.front() != '\0') return path();
  const std::string_view abstract = name.substr(1);
  return fmt::format("@{}", abstract.substr(0, abstract.find('\0')));
}

std::string Endpoint::host() const {
  char text[INET6_ADDRSTRLEN] = "";
  if (family() == AF_INET) {
    const auto v4 = as<sockaddr_in>(data());
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
  } else if (family() == AF_INET6) {
    const auto v6 = as<sockaddr_in6>(data());
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
  }
  return text;
}

unsigned Endpoint::port() const {
  if (family() == AF_INET) return ntohs(as<sockaddr_in>(data()).sin_port);
  if (family() == AF_INET6) return ntohs(as<sockaddr_in6>(data()).sin6_port);
  return 0;
}

std::string Endpoint::path() const {
  if (family() != AF_UNIX) return {};
  const std::string_view name = name_in(*this);
  return std::string(name.substr(0, name.find('\0')));
}

}  // namespace reprise::net
