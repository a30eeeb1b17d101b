#include "net/listener.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "net/address.hpp"

namespace reprise::net {
namespace {

void check(int result, std::string_view call, std::string_view address) {
  if (result == 0) return;
  throw std::system_error(errno, std::system_category(),
                          std::string(call) + " " + std::string(address));
}

void set_option(int fd, int level, int option, int value, std::string_view address) {
  check(::setsockopt(fd, level, option, &value, sizeof value), "setsockopt", address);
}

// TCP_NODELAY is inherited by the accepted sockets: no call for each of them.
void set_tcp_options(int fd, const ListenOptions& options, std::string_view address) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, address);
  if (options.freebind) set_option(fd, IPPROTO_IP, IP_FREEBIND, 1, address);
  if (options.reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, address);
  if (options.defer_accept_seconds > 0) {
    set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, options.defer_accept_seconds, address);
  }
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, address);
}

// What an earlier run left at the path. Nothing but a socket is ever removed.
void remove_old_socket(const std::string& path) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
}

}  // namespace

Listener Listener::bind(std::string_view address, const ListenOptions& options) {
  const Endpoint endpoint = resolve(address, Role::listen);
  UniqueFd fd(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  check(fd ? 0 : -1, "socket", address);
  if (endpoint.family() == AF_UNIX) {
    const std::string path = endpoint.path();
    if (!path.empty()) remove_old_socket(path);
  } else {
    set_tcp_options(fd.get(), options, address);
  }
  check(::bind(fd.get(), endpoint.data(), endpoint.size()), "bind", address);
  check(::listen(fd.get(), options.backlog), "listen", address);
  return Listener(std::string(address), std::move(fd));
}

Listener Listener::adopt(std::string_view address, UniqueFd fd) {
  return Listener(std::string(address), std::move(fd));
}

std::string Listener::bound_name() const {
  return Endpoint::local(fd()).text();
}

std::string Listener::unix_path() const {
  return Endpoint::local(fd()).path();
}

Listener::FileId Listener::file_at(const std::string& path) {
  struct stat status {};
  if (path.empty() || ::lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) return {};
  return {status.st_dev, status.st_ino};
}

Listener::Listener(std::string address, UniqueFd fd)
    : address_(std::move(address)), fd_(std::move(fd)), file_(file_at(unix_path())) {}

std::string Listener::remove_socket_file() const {
  const std::string path = unix_path();
  if (file_ == FileId{} || file_at(path) != file_ || ::unlink(path.c_str()) != 0) return {};
  return path;
}

}  // namespace reprise::net
