#include "sync/receiver.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/log.hpp"
#include "net/readiness.hpp"

namespace reprise::sync {
namespace {

constexpr std::size_t batch_size = 64;
constexpr std::size_t slot_size = 65536;  // more than any datagram over IPv4 has
constexpr std::chrono::milliseconds pause_after_error{100};

// Memory for the datagrams of one system call. What is not written to is not committed.
class Batch {
public:
  Batch() : bytes_(std::make_unique_for_overwrite<char[]>(batch_size * slot_size)) {
    for (std::size_t i = 0; i < batch_size; ++i) {
      parts_[i] = {bytes_.get() + i * slot_size, slot_size};
      messages_[i].msg_hdr.msg_iov = &parts_[i];
      messages_[i].msg_hdr.msg_iovlen = 1;
      messages_[i].msg_hdr.msg_name = &sources_[i];
    }
  }

  // How many have come; -1 if none could be fetched for another reason than that there is none.
  int fetch(int fd) {
    for (mmsghdr& message : messages_)
      message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    const int count = ::recvmmsg(fd, messages_.data(), batch_size, MSG_DONTWAIT, nullptr);
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? 0 : -1;
  }

  void give(int count, Sink& sink) {
    const UnixSeconds now = unix_now();
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      const auto* source = reinterpret_cast<const sockaddr*>(&sources_[i]);
      char* const bytes = static_cast<char*>(parts_[i].iov_base);
      sink.take({bytes, messages_[i].msg_len},
                net::Endpoint(source, messages_[i].msg_hdr.msg_namelen), now);
      ::explicit_bzero(bytes, messages_[i].msg_len);  // a session's secret
    }
  }

private:
  std::unique_ptr<char[]> bytes_;
  std::array<iovec, batch_size> parts_{};
  std::array<sockaddr_storage, batch_size> sources_{};
  std::array<mmsghdr, batch_size> messages_{};
};

}  // namespace

net::awaitable<void> receive(net::asio::io_context& io, int fd, Sink& sink) {
  net::Readiness readiness(io, fd, net::Readiness::Kind::connection);
  net::Timer timer(io);
  const auto batch = std::make_unique<Batch>();
  log::RateLimit lines;
  for (;;) {
    const int count = batch->fetch(fd);
    if (count < 0) {
      const std::string reason = last_system_error().message();
      if (lines.allow()) log::event(log::Level::error, "sync.receive", {{"reason", reason}});
      co_await timer.wait(pause_after_error);
      continue;
    }
    batch->give(count, sink);
    if (static_cast<std::size_t>(count) == batch_size) {
      co_await net::Reactor::of(io).next_turn();  // others have their turn
      continue;
    }
    readiness.emptied();
    const error_code error = co_await readiness.input();
    if (error == net::asio::error::operation_aborted) co_return;
    if (error) co_await timer.wait(pause_after_error);  // and then it is read again
  }
}

}  // namespace reprise::sync
