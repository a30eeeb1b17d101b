#pragma once

#include <memory>
#include <string>

#include "base/bytes.hpp"

struct z_stream_s;

namespace reprise::protocol {

// Makes a chunked body of pieces as they come, compressed by gzip if asked to. Every piece can be
// read as soon as it has arrived.
class BodyEncoder {
public:
  // Throws std::bad_alloc.
  explicit BodyEncoder(bool gzip);

  bool compresses() const { return deflate_ != nullptr; }

  // One chunk; `piece` is not empty.
  std::string encode(Bytes piece);

  // What ends the body.
  std::string finish();

private:
  struct Free {
    void operator()(z_stream_s* stream) const;
  };

  std::string compress(Bytes piece, int flush);

  std::unique_ptr<z_stream_s, Free> deflate_;
};

}  // namespace reprise::protocol
