#include "base/shared_output.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <system_error>

namespace reprise::log {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

// A message with room for one descriptor.
struct Message {
  char byte = 0;
  iovec bytes{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))]{};
  msghdr header{};

  Message() {
    header.msg_iov = &bytes;
    header.msg_iovlen = 1;
    header.msg_control = room;
    header.msg_controllen = sizeof room;
  }
};

void send(int socket, int fd) {
  Message message;
  cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof fd);
  std::memcpy(CMSG_DATA(control), &fd, sizeof fd);
  if (::sendmsg(socket, &message.header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) fail("sendmsg()");
}

UniqueFd receive(int socket, int flags) {
  Message message;
  if (::recvmsg(socket, &message.header, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC) < 0) return {};
  const cmsghdr* const control = CMSG_FIRSTHDR(&message.header);
  if (control == nullptr || control->cmsg_type != SCM_RIGHTS) return {};
  int fd = -1;
  std::memcpy(&fd, CMSG_DATA(control), sizeof fd);
  return UniqueFd(fd);
}

bool write_to(int fd) {
  return ::dup2(fd, STDOUT_FILENO) >= 0 && ::dup2(fd, STDERR_FILENO) >= 0;
}

}  // namespace

void SharedOutput::share() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair()");
  giver_ = UniqueFd(ends[0]);
  taker_ = UniqueFd(ends[1]);
  void* const memory =
      ::mmap(nullptr, sizeof *newest_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) fail("mmap()");
  newest_ = ::new (memory) std::atomic<std::uint64_t>(0);
}

void SharedOutput::redirect(int fd) {
  if (!write_to(fd)) fail("dup2()");
  if (newest_ == nullptr) return;
  receive(taker_.get(), 0);  // the one before
  send(giver_.get(), fd);
  seen_ = ++*newest_;
}

void SharedOutput::follow() noexcept {
  if (newest_ == nullptr) return;
  const std::uint64_t newest = newest_->load(std::memory_order_acquire);
  std::uint64_t seen = seen_.load(std::memory_order_relaxed);
  if (seen == newest || !seen_.compare_exchange_strong(seen, newest)) return;
  const UniqueFd fd = receive(taker_.get(), MSG_PEEK);
  // Between two that follow each other closely there is none: the next line tries again.
  if (!fd || !write_to(fd.get())) seen_ = seen;
}

SharedOutput& shared_output() {
  static SharedOutput output;
  return output;
}

}  // namespace reprise::log
