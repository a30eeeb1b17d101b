#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace reprise::router {

// A request's body that has to be known whole before its request can be sent on, since uwsgi tells
// its length first. In memory while it is short, then in a file without a name, which goes with
// this.
class BodySpool {
public:
  static constexpr std::size_t max_in_memory = 16384;

  // The system's reason if there is no room for it.
  error_code append(Bytes bytes);

  std::uint64_t size() const { return size_; }

  // Fills the front of `into` with what stands at `offset`; 0 behind the end.
  Result<std::size_t> read(std::uint64_t offset, Buffer into) const;

private:
  error_code write_out(Bytes bytes);

  std::string memory_;  // all of it while there is no file
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

}  // namespace reprise::router
