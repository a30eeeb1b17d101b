#include "net/listener.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/log.hpp"

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
void set_before_bind(int fd, const ListenOptions& options, std::string_view address) {
  set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, address);
  if (options.freebind) set_option(fd, IPPROTO_IP, IP_FREEBIND, 1, address);
  if (options.reuse_port) set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, address);
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, address);
}

void set_any_time(int fd, const ListenOptions& options, std::string_view address) {
  set_option(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, options.defer_accept_seconds, address);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, options.keepalive ? 1 : 0, address);
  if (options.fast_open > 0) {
    set_option(fd, IPPROTO_TCP, TCP_FASTOPEN, options.fast_open, address);
  }
}

// Accepted sockets inherit them; TCP announces windows by them, so they come before bind().
void set_buffers(int fd, const ListenOptions& options, std::string_view address) {
  if (options.send_buffer > 0) {
    set_option(fd, SOL_SOCKET, SO_SNDBUF, options.send_buffer, address);
  }
  if (options.receive_buffer > 0) {
    set_option(fd, SOL_SOCKET, SO_RCVBUF, options.receive_buffer, address);
  }
}

// Of the socket at the path and of nothing else: whoever owns the directory may put a link there.
// False if there is no socket.
bool set_file(const std::string& path, const ListenOptions& options, std::string_view address) {
  if (!options.owner && !options.group && !options.mode) return true;
  const UniqueFd file(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISSOCK(status.st_mode)) return false;
  if (options.owner || options.group) {
    check(::fchownat(file.get(), "", options.owner.value_or(static_cast<uid_t>(-1)),
                     options.group.value_or(static_cast<gid_t>(-1)), AT_EMPTY_PATH),
          "chown", address);
  }
  const std::string itself = "/proc/self/fd/" + std::to_string(file.get());
  if (options.mode) check(::chmod(itself.c_str(), *options.mode), "chmod", address);
  return true;
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

// Whether a process listens at the path, or it is bound to something else that is not ours to end.
bool is_answered(const Endpoint& endpoint) {
  const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return true;
  return ::connect(probe.get(), endpoint.data(), endpoint.size()) == 0 || errno != ECONNREFUSED;
}

// Whether a file can be made there, or take the place of an old one.
void look_at_directory(const std::string& path, std::string_view address) {
  const auto directory = std::filesystem::absolute(path).parent_path();
  check(::access(directory.c_str(), W_OK | X_OK), "bind", address);
}

// Of what an earlier run left at the path. Nothing but a socket is ever removed.
void remove_old_socket(const Endpoint& endpoint, std::string_view address) {
  const std::string path = endpoint.path();
  if (path.empty() || !is_socket(path)) return;
  if (is_answered(endpoint)) {
    errno = EADDRINUSE;
    check(-1, "bind", address);
  }
  ::unlink(path.c_str());
}

// A service that goes on does not end for the rights of its file, which may be gone or another's.
void adopt_file(const std::string& path, const ListenOptions& options, std::string_view address) {
  if (path.empty()) return;
  try {
    set_file(path, options, address);
  } catch (const std::system_error& failure) {
    log::event(log::Level::warning, "listener.file", {{"reason", failure.what()}});
  }
}

}  // namespace

Listener Listener::bind(std::string_view address, const ListenOptions& options) {
  const Endpoint endpoint = resolve(address, Role::listen);
  UniqueFd fd(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  check(fd ? 0 : -1, "socket", address);
  const bool tcp = endpoint.family() != AF_UNIX;
  set_buffers(fd.get(), options, address);
  if (tcp) {
    set_before_bind(fd.get(), options, address);
    set_any_time(fd.get(), options, address);
  } else {
    remove_old_socket(endpoint, address);
  }
  check(::bind(fd.get(), endpoint.data(), endpoint.size()), "bind", address);
  Listener listener(std::string(address), std::move(fd), options.provisional);
  if (!endpoint.path().empty() && !set_file(endpoint.path(), options, address)) {
    errno = ENOENT;  // somebody took it away in this moment
    check(-1, "chmod", address);
  }
  check(::listen(listener.fd(), options.backlog), "listen", address);
  return listener;
}

void Listener::try_out(std::string_view address, const Endpoint& endpoint,
                       const ListenOptions& options) {
  const std::string path = endpoint.path();
  if (!path.empty()) {
    struct stat status {};
    const bool exists = ::lstat(path.c_str(), &status) == 0;
    if (exists && (!is_socket(path) || is_answered(endpoint))) {
      errno = EADDRINUSE;
      check(-1, "bind", address);
    }
    return look_at_directory(path, address);
  }
  const UniqueFd fd(::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  check(fd ? 0 : -1, "socket", address);
  if (endpoint.family() != AF_UNIX) set_before_bind(fd.get(), options, address);
  check(::bind(fd.get(), endpoint.data(), endpoint.size()), "bind", address);
}

Listener Listener::adopt(std::string_view address, UniqueFd fd, const ListenOptions& options) {
  Listener listener(std::string(address), std::move(fd), /*provisional=*/false);
  if (options.provisional) return listener;
  const Endpoint local = Endpoint::local(listener.fd());
  if (local.family() == AF_UNIX) {
    adopt_file(local.path(), options, address);
  } else {
    set_any_time(listener.fd(), options, address);
  }
  check(::listen(listener.fd(), options.backlog), "listen", address);
  return listener;
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

Listener::Listener(std::string address, UniqueFd fd, bool provisional)
    : address_(std::move(address)),
      fd_(std::move(fd)),
      file_(file_at(unix_path())),
      provisional_(provisional) {}

Listener::Listener(Listener&& other) noexcept
    : address_(std::move(other.address_)),
      fd_(std::move(other.fd_)),
      file_(other.file_),
      provisional_(std::exchange(other.provisional_, false)) {}

Listener::~Listener() {
  if (provisional_) remove_socket_file();
}

std::string Listener::remove_socket_file() const {
  const std::string path = unix_path();
  if (file_ == FileId{} || file_at(path) != file_ || ::unlink(path.c_str()) != 0) return {};
  return path;
}

}  // namespace reprise::net
