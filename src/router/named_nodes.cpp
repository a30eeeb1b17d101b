#include "router/named_nodes.hpp"

#include <sys/un.h>

#include <algorithm>
#include <cstddef>

namespace reprise::router {
namespace {

// "app.example", "app.example:8080", "[::1]:80"
bool is_safe(std::string_view host) {
  constexpr std::string_view marks = "-_.:[]";
  const auto good = [marks](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || marks.find(c) != marks.npos;
  };
  return !host.empty() && host.front() != '.' && host.find("..") == host.npos &&
         std::all_of(host.begin(), host.end(), good);
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

}  // namespace

std::optional<std::string> node_path(const NamedNodes& nodes, std::string_view host) {
  std::string name(host);
  std::transform(name.begin(), name.end(), name.begin(), lower);
  if (!is_safe(name)) return std::nullopt;
  std::string path = nodes.before + name + nodes.after;
  if (path.size() >= sizeof sockaddr_un{}.sun_path) return std::nullopt;
  return path;
}

net::Endpoint unix_endpoint(std::string_view path) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), target.sun_path);
  const std::size_t size = offsetof(sockaddr_un, sun_path) + path.size() + 1;
  return net::Endpoint(reinterpret_cast<const sockaddr*>(&target), static_cast<socklen_t>(size));
}

}  // namespace reprise::router
