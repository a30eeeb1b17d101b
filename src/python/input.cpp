#include "python/input.hpp"

#include <sys/socket.h>

#include <algorithm>

#include <fmt/format.h>

#include "python/host.hpp"
#include "python/text.hpp"
#include "python/turn.hpp"

namespace reprise::python {
namespace {

using application::ReadStatus;

constexpr std::size_t piece_size = 65536;

[[noreturn]] void fail(const application::Exchange& exchange, ReadStatus status,
                       const char* function, py::ssize_t wanted) {
  const std::uint64_t length = exchange.body_length(), consumed = exchange.body_consumed();
  const std::uint64_t left = length > consumed ? length - consumed : 0;
  const bool timeout = status == ReadStatus::timed_out;
  PythonHost::current().services().log(fmt::format(
      "[uwsgi-body-read] {} reading {} bytes. Content-Length: {} consumed: {} left: {}{}",
      timeout ? "Timeout" : "Error", left, length, consumed, left,
      timeout                           ? ""
      : status == ReadStatus::malformed ? " message: malformed chunk"
      : status == ReadStatus::too_long  ? " message: longer than limit-post"
                                        : " message: Client closed connection"));
  raise(PyExc_OSError, fmt::format("{} during {}({}) on wsgi.input", timeout ? "timeout" : "error",
                                   function, std::max<py::ssize_t>(wanted, 0)));
}

}  // namespace

application::Exchange& Input::exchange() const {
  if (exchange_ == nullptr) raise(PyExc_ValueError, "wsgi.input of a request that is over");
  return *exchange_;
}

void Input::detach() {
  if (!mutex_.try_lock()) {
    ::shutdown(exchange_->fd(), SHUT_RD);
  } else {
    mutex_.unlock();
  }
  const Turn turn(mutex_);
  exchange_ = nullptr;
}

// Adds some bytes to what is pending; false at the end.
bool Input::fill(const char* function, py::ssize_t wanted) {
  application::Exchange& source = exchange();
  if (position_ > 0) {
    pending_.erase(0, position_);
    position_ = 0;
  }
  if (!piece_) piece_ = std::make_unique_for_overwrite<char[]>(piece_size);
  application::Exchange::Piece piece;
  {
    const py::gil_scoped_release others_may_run;
    piece = source.read_body(Buffer(piece_.get(), piece_size));
  }
  pending_.append(piece_.get(), piece.bytes);
  if (piece.status != ReadStatus::ok) fail(source, piece.status, function, wanted);
  return piece.bytes > 0;
}

py::bytes Input::take(std::size_t size) {
  py::bytes taken(pending_.data() + position_, size);
  position_ += size;
  return taken;
}

py::bytes Input::read(py::ssize_t size) {
  const Turn turn(mutex_);
  exchange();
  const std::size_t wanted = size < 0 ? ~std::size_t{0} : static_cast<std::size_t>(size);
  while (pending_.size() - position_ < wanted && fill("read", size)) {
  }
  return take(std::min(wanted, pending_.size() - position_));
}

py::bytes Input::readline(py::ssize_t size) {
  const Turn turn(mutex_);
  exchange();
  const std::size_t limit = size < 0 ? ~std::size_t{0} : static_cast<std::size_t>(size);
  for (std::size_t seen = 0;;) {
    const std::size_t end = pending_.find('\n', position_ + seen);
    const std::size_t there = pending_.size() - position_;
    if (end != std::string::npos) return take(std::min(limit, end + 1 - position_));
    if (there >= limit) return take(limit);
    seen = there;
    if (!fill("readline", size)) return take(pending_.size() - position_);
  }
}

py::list Input::readlines(py::ssize_t hint) {
  py::list lines;
  std::size_t size = 0;
  for (;;) {
    const py::bytes line = readline(-1);
    const auto bytes = static_cast<std::size_t>(PyBytes_GET_SIZE(line.ptr()));
    if (bytes == 0) return lines;
    lines.append(line);
    size += bytes;
    if (hint > 0 && size >= static_cast<std::size_t>(hint)) return lines;
  }
}

py::bytes Input::next() {
  py::bytes line = readline(-1);
  if (PyBytes_GET_SIZE(line.ptr()) == 0) throw py::stop_iteration();
  return line;
}

std::uint64_t Input::tell() {
  const Turn turn(mutex_);
  return exchange().body_consumed() - (pending_.size() - position_);
}

void Input::seek(std::int64_t offset, int whence) {
  const Turn turn(mutex_);
  application::Exchange& source = exchange();
  const auto length = static_cast<std::int64_t>(source.body_length());
  const std::int64_t base = whence == 1   ? static_cast<std::int64_t>(tell())
                            : whence == 2 ? length
                                          : 0;
  const std::int64_t position = std::clamp<std::int64_t>(base + offset, 0, length);
  if (!source.seek_body(static_cast<std::uint64_t>(position))) {
    raise(PyExc_OSError, "seeking wsgi.input without post_buffering is IMPOSSIBLE !!!");
  }
  pending_.clear();
  position_ = 0;
}

int Input::fileno() const {
  return exchange().fd();
}

void define_input(py::module_& module) {
  py::class_<Input>(module, "_Input")
      .def("read", &Input::read, py::arg("size") = -1, py::pos_only())
      .def("readline", &Input::readline, py::arg("size") = -1, py::pos_only())
      .def("readlines", &Input::readlines, py::arg("hint") = -1, py::pos_only())
      .def("__iter__", [](py::object self) { return self; })
      .def("__next__", &Input::next)
      .def("tell", &Input::tell)
      .def("seek", &Input::seek, py::arg("offset"), py::arg("whence") = 0, py::pos_only())
      .def("fileno", &Input::fileno)
      .def("close", [](const Input&) {});
}

}  // namespace reprise::python
