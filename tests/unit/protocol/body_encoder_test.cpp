#include "protocol/body_encoder.hpp"

#include <zlib.h>

#include <gtest/gtest.h>

#include "protocol/chunked.hpp"

namespace reprise::protocol {
namespace {

std::string without_chunks(std::string text) {
  ChunkedFollower follower(ChunkedFollower::Blanks::refused);
  const auto got = follower.decode({text.data(), text.size()});
  EXPECT_TRUE(follower.done());
  EXPECT_EQ(got.taken, text.size());
  return text.substr(0, got.data);
}

std::string unzipped(std::string text) {
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  std::string out(1 << 20, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  inflateEnd(&stream);
  return out;
}

TEST(BodyEncoder, MakesAChunkOfEachPiece) {
  BodyEncoder encoder(/*gzip=*/false);
  EXPECT_EQ(encoder.encode("hello"), "5\r\nhello\r\n");
  EXPECT_EQ(encoder.encode(std::string(255, 'x')).substr(0, 5), "FF\r\nx");
  EXPECT_EQ(encoder.finish(), "0\r\n\r\n");
}

TEST(BodyEncoder, CompressesPieceByPiece) {
  BodyEncoder encoder(/*gzip=*/true);
  std::string whole, wire;
  for (int i = 0; i < 100; ++i) {
    const std::string piece = "piece " + std::to_string(i) + std::string(1000, 'x');
    whole += piece;
    wire += encoder.encode(piece);
  }
  wire += encoder.finish();
  EXPECT_LT(wire.size(), whole.size() / 5);
  EXPECT_EQ(unzipped(without_chunks(wire)), whole);
}

TEST(BodyEncoder, AnEmptyBodyIsOneToo) {
  BodyEncoder encoder(/*gzip=*/true);
  EXPECT_EQ(unzipped(without_chunks(encoder.finish())), "");
}

}  // namespace
}  // namespace reprise::protocol
