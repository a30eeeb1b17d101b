#include "application/request_body.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/unnamed_file.hpp"

namespace reprise::application {
namespace {

constexpr std::size_t piece_size = 65536;
// A client that sends slower than this is waited for as long as this many single waits.
constexpr std::uint64_t slowest_rate = 500;  // bytes a second
constexpr int waits_in_advance = 5;

}  // namespace

using Piece = Exchange::Piece;

RequestBody::RequestBody(Wire& wire, protocol::BodyLength length, Bytes ahead,
                         std::string_view invite)
    : wire_(wire),
      chunked_(length.kind == protocol::BodyLength::Kind::chunked),
      length_(chunked_ ? 0 : length.bytes),
      left_(length_),
      ahead_(ahead),
      invite_(invite),
      invites_(!invite.empty()) {
  if (!chunked_) ahead_ = ahead_.substr(0, std::min<std::uint64_t>(length_, ahead_.size()));
}

bool RequestBody::complete() const {
  return chunked_ ? framing_.done() : left_ == 0;
}

Piece RequestBody::read(Buffer into) {
  if (into.empty()) return {};
  const Piece piece = kept_ ? read_kept(into) : chunked_ ? read_chunked(into) : read_counted(into);
  consumed_ += piece.bytes;
  if (limit_ > 0 && consumed_ > limit_) return {0, ReadStatus::too_long};
  return piece;
}

// From the connection; its end is no end of a body.
Piece RequestBody::receive(Buffer into) {
  if (invites_.exchange(false)) wire_.send(invite_, {});
  const auto patience =
      wire_.patience() * waits_in_advance +
      std::chrono::milliseconds(static_cast<std::int64_t>(received_ * 1000 / slowest_rate));
  const auto begun = Wire::Clock::now();
  const Piece piece = wire_.receive(into, begun + (patience - waited_));
  waited_ += Wire::Clock::now() - begun;
  received_ += piece.bytes;
  if (piece.status == ReadStatus::ok && piece.bytes == 0) return {0, ReadStatus::closed};
  return piece;
}

Piece RequestBody::read_counted(Buffer into) {
  const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(left_, into.size()));
  if (wanted == 0) return {};
  Piece piece;
  if (ahead_.empty()) {
    piece = receive(into.first(wanted));
  } else {
    piece.bytes = ahead_.copy(into.data(), wanted);
    ahead_.remove_prefix(piece.bytes);
  }
  left_ -= piece.bytes;
  return piece;
}

Piece RequestBody::read_chunked(Buffer into) {
  while (!framing_.done()) {
    if (ahead_.empty()) {
      framed_.resize(piece_size);
      const Piece piece = receive(framed_);
      if (piece.bytes == 0) return piece;
      ahead_ = Bytes(framed_).substr(0, piece.bytes);
    }
    const std::uint64_t data = std::min<std::uint64_t>(framing_.data_ahead(), ahead_.size());
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(data, into.size()));
    if (wanted > 0) {
      std::memcpy(into.data(), ahead_.data(), wanted);
      framing_.take(ahead_.substr(0, wanted));
      ahead_.remove_prefix(wanted);
      return {wanted, ReadStatus::ok};
    }
    framing_.take(ahead_.substr(0, 1));
    if (framing_.malformed()) return {0, ReadStatus::malformed};
    ahead_.remove_prefix(1);
  }
  return {};
}

Piece RequestBody::read_kept(Buffer into) {
  if (consumed_ >= length_) return {};
  const auto wanted =
      static_cast<std::size_t>(std::min<std::uint64_t>(length_ - consumed_, into.size()));
  if (!file_) return {memory_.copy(into.data(), wanted, consumed_), ReadStatus::ok};
  const std::size_t got = std::fread(into.data(), 1, wanted, file_.get());
  return {got, got == 0 ? ReadStatus::closed : ReadStatus::ok};
}

// What is in memory goes to a file that has no name.
bool RequestBody::spill() {
  if (!file_) {
    UniqueFd fd = open_unnamed_file();
    if (!fd) return false;
    file_.reset(::fdopen(fd.get(), "w+"));
    if (!file_) return false;
    [[maybe_unused]] const int now_of_the_file = fd.release();
  }
  const bool written =
      std::fwrite(memory_.data(), 1, memory_.size(), file_.get()) == memory_.size();
  memory_.clear();
  return written;
}

ReadStatus RequestBody::keep(std::uint64_t in_memory) {
  std::array<char, piece_size> buffer;
  std::uint64_t size = 0;
  for (;;) {
    const Piece piece = read(buffer);
    if (piece.status != ReadStatus::ok) return piece.status;
    if (piece.bytes == 0) break;
    size += piece.bytes;
    memory_.append(buffer.data(), piece.bytes);
    if ((file_ || size > in_memory) && !spill()) return ReadStatus::closed;
  }
  kept_ = true;
  length_ = size;
  return seek(0) ? ReadStatus::ok : ReadStatus::closed;
}

bool RequestBody::seek(std::uint64_t position) {
  if (!kept_ || position > length_) return false;
  consumed_ = position;
  return !file_ || ::fseeko(file_.get(), static_cast<off_t>(position), SEEK_SET) == 0;
}

}  // namespace reprise::application
