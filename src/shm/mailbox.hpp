#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.hpp"
#include "base/unique_fd.hpp"
#include "shm/region.hpp"

namespace reprise::shm {

// Short messages from many processes to one, in the order in which they were put: a ring in shared
// memory. A message is there as a whole or not at all, also if its writer was killed; who reads may
// be killed too, and whoever reads next goes on. Made before the fork; may outlive an exec.
class Mailbox {
public:
  static constexpr std::size_t largest_message = 65536;

  // For `size` bytes of messages and 4 bytes each, a power of two above twice the largest message.
  // Throws std::system_error.
  Mailbox(std::string_view name, std::size_t size);
  // One that the program before a reload made, of the same size. Throws std::system_error if it is
  // something else.
  Mailbox(UniqueFd region, UniqueFd doorbell, std::size_t size);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  // False if there is no room. Throws std::system_error if the lock cannot be used.
  bool put(Bytes message);

  // The reader's side, for one process at a time.

  // The next message, into `message`, whose memory is used again; false if there is none.
  bool take(std::string& message);

  // Says that the reader goes to sleep: whoever puts something rings the doorbell (readable, an
  // eventfd). False if there is a message already.
  bool fall_asleep();
  // Once the doorbell was heard.
  void wake_up();
  int doorbell() const { return doorbell_.get(); }

  // To hand over at a reload.
  int region_fd() const { return region_.fd(); }

private:
  struct Head;

  Mailbox(Region region, UniqueFd doorbell, std::size_t size);
  void copy_in(std::uint64_t at, Bytes bytes);
  void copy_out(std::uint64_t at, char* into, std::size_t size) const;

  Region region_;
  UniqueFd doorbell_;
  std::size_t size_;
  Head* head_;
  char* ring_;
};

}  // namespace reprise::shm
