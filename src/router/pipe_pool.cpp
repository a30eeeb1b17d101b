#include "router/pipe_pool.hpp"

#include <fcntl.h>

#include <cerrno>
#include <system_error>

namespace reprise::router {
namespace {

// More than these go back to the system: a burst does not stay in descriptors.
constexpr std::size_t max_free = 16;

// A slot holds a packet's part of a page, so a pipe of the usual size would be full of few bytes.
constexpr int wanted_capacity = 262144;
constexpr std::size_t usual_capacity = 65536;

net::Step spliced(int from, int to, std::size_t bytes, net::Want want) {
  ssize_t n = 0;
  do {
    n = ::splice(from, nullptr, to, nullptr, bytes, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
  } while (n < 0 && errno == EINTR);
  net::Step step;
  if (n >= 0) {
    step.bytes = static_cast<std::size_t>(n);
  } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
    step.want = want;
  } else {
    step.error = last_system_error();
  }
  return step;
}

}  // namespace

Pipe::Pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) {
    throw std::system_error(errno, std::system_category(), "pipe");
  }
  read_.reset(ends[0]);
  write_.reset(ends[1]);
  // Refused to users who have many: they go on with what they have.
  const int got = ::fcntl(write_.get(), F_SETPIPE_SZ, wanted_capacity);
  capacity_ = got > 0 ? static_cast<std::size_t>(got) : usual_capacity;
}

net::Step Pipe::fill_from(int socket) {
  const net::Step step = spliced(socket, write_.get(), capacity_, net::Want::input);
  held_ += step.bytes;
  return step;
}

net::Step Pipe::drain_into(int socket) {
  const net::Step step = spliced(read_.get(), socket, held_, net::Want::output);
  held_ -= step.bytes;
  return step;
}

PipePool::Lease PipePool::borrow() {
  if (free_.empty()) {
    free_.reserve(max_free);  // so that giving back can not fail
    try {
      return Lease(new Pipe, GiveBack{this});
    } catch (const std::system_error&) {
      return nothing();
    }
  }
  Lease lease(free_.back().release(), GiveBack{this});
  free_.pop_back();
  return lease;
}

void PipePool::take_back(std::unique_ptr<Pipe> pipe) {
  if (free_.size() < max_free && pipe->held() == 0) free_.push_back(std::move(pipe));
}

}  // namespace reprise::router
