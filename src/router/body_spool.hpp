#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.hpp"
#include "base/error.hpp"
#include "base/unique_fd.hpp"

namespace reprise::router {

// What all kept bodies of a process may take together.
class SpoolBudget {
public:
  static constexpr std::size_t max_files = 4096;

  // Bytes; 0: any number.
  explicit SpoolBudget(std::uint64_t most) : most_(most) {}

  std::uint64_t bytes() const { return bytes_; }
  std::size_t files() const { return files_; }

private:
  friend class BodySpool;
  bool has_room_for(std::uint64_t more) const { return most_ == 0 || more <= most_ - bytes_; }

  std::uint64_t most_;
  std::uint64_t bytes_ = 0;
  std::size_t files_ = 0;
};

// A request's body that has to be known whole before its request can be sent on, since uwsgi tells
// its length first. In memory while it is short, then in a file without a name, which goes with
// this.
class BodySpool {
public:
  static constexpr std::size_t max_in_memory = 16384;

  // The budget outlives this.
  explicit BodySpool(SpoolBudget& budget) : budget_(budget) {}
  BodySpool(const BodySpool&) = delete;
  BodySpool& operator=(const BodySpool&) = delete;
  ~BodySpool();

  // The system's reason if there is no room for it, errc::too_large if the budget has none.
  error_code append(Bytes bytes);

  std::uint64_t size() const { return size_; }

  // Fills the front of `into` with what stands at `offset`; 0 behind the end.
  Result<std::size_t> read(std::uint64_t offset, Buffer into) const;

private:
  error_code keep(Bytes bytes);
  error_code open_file();
  error_code write_out(Bytes bytes);

  SpoolBudget& budget_;
  std::string memory_;  // all of it while there is no file
  UniqueFd file_;
  std::uint64_t size_ = 0;
};

}  // namespace reprise::router
