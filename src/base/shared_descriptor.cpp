#include "base/shared_descriptor.hpp"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace reprise {
namespace {

using Number = std::atomic<std::uint64_t>;
static_assert(Number::is_always_lock_free);

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

bool has_room(int memory) {
  struct stat status {};
  return ::fstat(memory, &status) == 0 && S_ISREG(status.st_mode) &&
         status.st_size == static_cast<off_t>(sizeof(Number));
}

}  // namespace

// Zero bytes are a number that nobody has counted up.
void SharedDescriptor::map() {
  void* const memory =
      ::mmap(nullptr, sizeof(Number), PROT_READ | PROT_WRITE, MAP_SHARED, memory_.get(), 0);
  if (memory == MAP_FAILED) fail("mmap()");
  newest_ = static_cast<Number*>(memory);
  seen_ = newest_->load();
}

void SharedDescriptor::share() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends) != 0) fail("socketpair()");
  giver_ = UniqueFd(ends[0]);
  taker_ = UniqueFd(ends[1]);
  memory_ = UniqueFd(::memfd_create("reprise-descriptor", MFD_CLOEXEC));
  if (!memory_ || ::ftruncate(memory_.get(), sizeof(Number)) != 0) fail("memfd_create()");
  map();
}

void SharedDescriptor::share(Parts former) {
  if (!former.memory || !former.giver || !former.taker || !has_room(former.memory.get())) {
    return share();
  }
  memory_ = std::move(former.memory);
  giver_ = std::move(former.giver);
  taker_ = std::move(former.taker);
  map();
}

void SharedDescriptor::put(int fd) {
  if (!is_shared()) return;
  receive(taker_.get(), 0);  // the one before
  send(giver_.get(), fd);
  seen_ = ++*newest_;
}

UniqueFd SharedDescriptor::news() noexcept {
  if (!is_shared()) return {};
  const std::uint64_t newest = newest_->load(std::memory_order_acquire);
  std::uint64_t seen = seen_.load(std::memory_order_relaxed);
  if (seen == newest || !seen_.compare_exchange_strong(seen, newest)) return {};
  UniqueFd fd = receive(taker_.get(), MSG_PEEK);
  // Between two that follow each other closely there is none: the next question tries again.
  if (!fd) seen_ = seen;
  return fd;
}

}  // namespace reprise
