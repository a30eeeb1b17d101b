#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.hpp"
#include "cluster/messages.hpp"
#include "seal/number.hpp"

namespace reprise::cluster {

// How messages are put on the wire and taken from it (SEALED.md): fields one after the other,
// integers in little endian.

inline constexpr std::size_t type_and_length = 3;

// Takes fields from the front of a body; once one does not fit, nothing does.
class Reader {
public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  std::uint64_t number(std::size_t size) {
    if (!has(size)) return 0;
    const std::uint64_t number = seal::number_at(rest_, 0, size);
    rest_.remove_prefix(size);
    return number;
  }
  std::uint32_t number32() { return static_cast<std::uint32_t>(number(4)); }
  Bytes bytes(std::size_t size) {
    if (!has(size)) return {};
    const Bytes taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  Bytes rest() { return bytes(rest_.size()); }
  template <std::size_t n>
  void array(std::array<unsigned char, n>& into) {
    const Bytes taken = bytes(n);
    std::copy(taken.begin(), taken.end(), into.begin());
  }

  // Everything fitted. What follows is left for later versions.
  bool good() const { return good_; }

private:
  bool has(std::size_t size) {
    good_ = good_ && size <= rest_.size();
    return good_;
  }

  Bytes rest_;
  bool good_ = true;
};

template <class T>
std::optional<T> if_good(const Reader& reader, T&& message) {
  if (!reader.good()) return std::nullopt;
  return std::forward<T>(message);
}

// Writes type, room for the length, and on destruction the length.
class Writer {
public:
  Writer(std::string& to, Type type) : to_(to), begin_(to.size()) {
    number(static_cast<std::uint64_t>(type), 1);
    number(0, 2);
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    const std::size_t length = to_.size() - begin_ - type_and_length;
    to_[begin_ + 1] = static_cast<char>(length & 0xff);
    to_[begin_ + 2] = static_cast<char>(length >> 8);
  }

  void number(std::uint64_t number, std::size_t size) { seal::append_number(to_, number, size); }
  void bytes(Bytes bytes) { to_.append(bytes); }
  template <std::size_t n>
  void array(const std::array<unsigned char, n>& bytes) {
    to_.append(reinterpret_cast<const char*>(bytes.data()), n);
  }

private:
  std::string& to_;
  std::size_t begin_;
};

}  // namespace reprise::cluster
