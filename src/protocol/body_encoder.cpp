#include "protocol/body_encoder.hpp"

#include <zlib.h>

#include <new>

#include <fmt/format.h>

namespace reprise::protocol {
namespace {

constexpr int gzip_window = 15 + 16;  // the largest, with gzip's header and trailer
constexpr int memory_level = 8;

std::string chunk(Bytes data) {
  return data.empty() ? std::string() : fmt::format("{:X}\r\n{}\r\n", data.size(), data);
}

}  // namespace

void BodyEncoder::Free::operator()(z_stream_s* stream) const {
  ::deflateEnd(stream);
  delete stream;
}

BodyEncoder::BodyEncoder(bool gzip) {
  if (!gzip) return;
  auto stream = std::make_unique<z_stream_s>();
  if (::deflateInit2(stream.get(), Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip_window, memory_level,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::bad_alloc();
  }
  deflate_.reset(stream.release());
}

std::string BodyEncoder::encode(Bytes piece) {
  return chunk(compresses() ? compress(piece, Z_SYNC_FLUSH) : piece);
}

std::string BodyEncoder::finish() {
  const std::string rest = compresses() ? compress({}, Z_FINISH) : std::string();
  return chunk(rest) + "0\r\n\r\n";
}

std::string BodyEncoder::compress(Bytes piece, int flush) {
  std::string out;
  char room[16384];
  // zlib does not write to its input, but wants it so.
  deflate_->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  deflate_->avail_in = static_cast<uInt>(piece.size());
  do {
    deflate_->next_out = reinterpret_cast<Bytef*>(room);
    deflate_->avail_out = sizeof room;
    ::deflate(deflate_.get(), flush);
    out.append(room, sizeof room - deflate_->avail_out);
  } while (deflate_->avail_out == 0);
  return out;
}

}  // namespace reprise::protocol
