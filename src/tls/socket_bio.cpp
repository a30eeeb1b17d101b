#include "tls/socket_bio.hpp"

#include <algorithm>
#include <cstring>
#include <new>

#include "net/plain_stream.hpp"

namespace reprise::tls {

using net::Step;
using net::Want;

// What OpenSSL calls. Nothing may be thrown through it.
struct BioCalls {
  static SocketBio& bio_of(BIO* bio) { return *static_cast<SocketBio*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int size) noexcept {
    BIO_clear_retry_flags(bio);
    const int n = bio_of(bio).read(into, size);
    if (n < 0 && !bio_of(bio).error()) BIO_set_retry_read(bio);
    return n;
  }

  static int write(BIO* bio, const char* from, int size) noexcept {
    BIO_clear_retry_flags(bio);
    int n = -1;
    try {
      n = bio_of(bio).write(from, size);
    } catch (const std::bad_alloc&) {
      bio_of(bio).error_ = system_error_code(ENOMEM);
    }
    if (n < 0 && !bio_of(bio).error()) BIO_set_retry_write(bio);
    return n;
  }

  static long control(BIO* bio, int command, long, void*) noexcept {
    if (command == BIO_CTRL_FLUSH) return 1;  // the step's owner flushes
    if (command == BIO_CTRL_EOF) return bio_of(bio).ended() ? 1 : 0;
    return 0;
  }
};

namespace {

using MethodPtr = std::unique_ptr<BIO_METHOD, FreeWith<BIO_meth_free>>;

MethodPtr make_method() {
  MethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "reprise socket"));
  if (!method) throw std::bad_alloc();
  BIO_meth_set_read(method.get(), BioCalls::read);
  BIO_meth_set_write(method.get(), BioCalls::write);
  BIO_meth_set_ctrl(method.get(), BioCalls::control);
  return method;
}

}  // namespace

void SocketBio::attach(SSL* ssl) {
  static const MethodPtr method = make_method();
  BIO* bio = BIO_new(method.get());
  if (bio == nullptr) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl, bio, bio);
}

int SocketBio::read(char* into, int size) {
  if (ended_) return 0;
  if (drained() || error_ || size <= 0) return -1;
  const auto wanted = static_cast<std::size_t>(size);
  const Step step = net::receive(socket_, {into, wanted});
  drained_at_ = step.bytes < wanted ? socket_.input_events() : never;
  if (step.want != Want::nothing) return -1;
  if (step.error) {
    error_ = step.error;
    return -1;
  }
  ended_ = step.bytes == 0;
  keep_greeting(into, step.bytes);
  return static_cast<int>(step.bytes);
}

int SocketBio::write(const char* from, int size) {
  if (error_ || size <= 0) return -1;
  const auto length = static_cast<std::size_t>(size);
  if (collecting_) {
    outgoing_.append(from, length);
    return size;
  }
  const Bytes bytes(from, length);
  const Step step =
      more_ ? net::send_with_next(socket_.fd(), bytes) : net::send(socket_.fd(), bytes);
  if (step.error) error_ = step.error;
  if (step.error || step.want != Want::nothing) return -1;
  return static_cast<int>(step.bytes);
}

void SocketBio::keep_greeting(const char* bytes, std::size_t size) {
  const std::size_t n = std::min(size, greeting_size - greeting_length_);
  std::memcpy(greeting_ + greeting_length_, bytes, n);
  greeting_length_ += n;
}

Step SocketBio::flush() {
  while (!outgoing_.empty()) {
    const Step step = net::send(socket_.fd(), outgoing_);
    if (step.error || step.want != Want::nothing) return step;
    if (step.bytes == outgoing_.size()) {
      // The memory too (an assignment would keep it): most connections are idle after their
      // handshake.
      std::string().swap(outgoing_);
    } else {
      outgoing_.erase(0, step.bytes);
    }
  }
  return {};
}

}  // namespace reprise::tls
