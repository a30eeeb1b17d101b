#pragma once

#include <array>
#include <cstddef>
#include <string>

#include "seal/guarded.hpp"

namespace reprise::seal {

inline constexpr std::size_t secret_size = 32;
inline constexpr std::size_t most_secrets = 8;  // in one file

// What the nodes of a cluster have in common. Key material, not a passphrase.
using Secret = std::array<unsigned char, secret_size>;

// The secrets of a file, in its order: the first seals, all open.
struct Secrets {
  std::array<Secret, most_secrets> list;
  std::size_t count;
};

// Reads a file of lines "reprise-secret-1:" and 64 hexadecimal digits; blank lines and those that
// begin with '#' are passed over. 1 to 8 secrets, at most 4 KiB. Throws std::runtime_error, with
// the line where one is to blame, for anything else: a file that is not a regular one, that belongs
// to somebody else than root or this process's user, or that group or others may access in any way
// (judged on the opened file, so behind a symbolic link it is the target that counts); a secret
// that stands there twice, or whose bytes are all the same.
Guarded<Secrets> read_secrets(const std::string& path);

// Makes a file with one fresh secret, mode 0600. Throws std::system_error, also if it is there.
void write_secret(const std::string& path);

// Puts a fresh secret last into a file of secrets, which is replaced as a whole. Throws what
// read_secrets throws, and std::runtime_error if it has as many as a file may have.
void add_secret(const std::string& path);

}  // namespace reprise::seal
