#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "seal/evp.hpp"
#include "seal/keys.hpp"

namespace reprise::seal {

// A sealed stream: records under keys that no other stream has (cluster/SEALED.md). The number of a
// record is its nonce, so none can be left out, come twice or change places; that a stream was cut
// is for its last record to tell. Neither class is for several threads.

inline constexpr std::size_t record_head_size = 3;  // the length of what follows
inline constexpr std::size_t record_overhead = record_head_size + 16;

// The size of a whole record, of which the head is there.
std::size_t record_size(Bytes head);

// One direction, at the end where it begins.
class RecordSealer {
public:
  // Throws std::runtime_error if OpenSSL fails, here and below.
  RecordSealer(const Key& key, Cipher cipher);

  // Appends a record to `out`. At most 2^24 - 17 bytes go into one.
  void seal(Bytes plaintext, std::string& out);

private:
  CipherContext context_;
  std::uint64_t number_ = 0;
};

// The same at the other end.
class RecordOpener {
public:
  RecordOpener(const Key& key, Cipher cipher);

  // What is in the next record, a whole one, into `plaintext`. False if it is not what the other
  // end sealed at this place; `plaintext` is empty then, and nothing more will open.
  bool open(Bytes record, std::string& plaintext);

private:
  CipherContext context_;
  std::uint64_t number_ = 0;
  bool broken_ = false;
};

}  // namespace reprise::seal
