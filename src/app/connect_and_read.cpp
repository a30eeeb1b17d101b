#include "app/connect_and_read.hpp"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "base/log.hpp"
#include "base/unique_fd.hpp"
#include "net/address.hpp"

namespace reprise::app {
namespace {

constexpr timeval patience{4, 0};
constexpr std::size_t most_bytes = std::size_t{64} << 20;

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

int connect_and_read(const std::string& address) {
  const net::Endpoint target = net::resolve(address, net::Role::connect);
  const UniqueFd fd(::socket(target.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) fail("socket()");
  // Of a connect, too.
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (::connect(fd.get(), target.data(), target.size()) != 0) fail("connect(" + address + ")");
  char buffer[16384];
  for (std::size_t read = 0; read < most_bytes;) {
    const ssize_t n = ::recv(fd.get(), buffer, sizeof buffer, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail("read(" + address + ")");
    if (n == 0) return 0;
    read += static_cast<std::size_t>(n);
    std::fwrite(buffer, 1, static_cast<std::size_t>(n), stderr);
  }
  log::line("{}: more is sent than is read", address);
  return 1;
}

}  // namespace reprise::app
