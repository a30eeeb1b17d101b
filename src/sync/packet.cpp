#include "sync/packet.hpp"

#include <array>
#include <charconv>
#include <limits>

#include "sync/modifiers.hpp"

namespace reprise::sync {
namespace {

constexpr std::size_t header_size = 4;
constexpr std::size_t length_size = 2;
constexpr std::size_t least_size = header_size + length_size;
constexpr std::size_t largest_length = std::numeric_limits<std::uint16_t>::max();

// uWSGI's receivers want two bytes more of an erase than its senders write.
constexpr std::size_t erase_padding = 2;

unsigned char byte_at(Bytes bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}
std::size_t length_at(Bytes bytes, std::size_t i) {
  return byte_at(bytes, i) | static_cast<std::size_t>(byte_at(bytes, i + 1)) << 8;
}

void append_length(std::string& to, std::size_t length) {
  to.push_back(static_cast<char>(length & 0xff));
  to.push_back(static_cast<char>(length >> 8));
}
void append_field(std::string& to, Bytes field) {
  append_length(to, field.size());
  to.append(field);
}

// Takes a length and so many bytes from the front.
bool take_field(Bytes& from, Bytes& field) {
  if (from.size() < length_size) return false;
  const std::size_t length = length_at(from, 0);
  if (length > from.size() - length_size) return false;
  field = from.substr(length_size, length);
  from.remove_prefix(length_size + length);
  return true;
}

bool parse_digits(Bytes digits, UnixSeconds& number) {
  number = 0;
  if (digits.empty()) return true;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  return error == std::errc() && stop == end;
}

// A missing expiry, one stray byte and a lone length are all "never", as for uWSGI; so is an empty
// one. Nobody looks at what follows it.
bool read_expiry(Bytes rest, UnixSeconds& expires, Rejection& why) {
  expires = 0;
  if (rest.size() <= length_size) return true;
  Bytes digits;
  if (!take_field(rest, digits)) {
    why = Rejection::wrong_size;
    return false;
  }
  if (parse_digits(digits, expires)) return true;
  why = Rejection::bad_expiry;
  return false;
}

bool read_set(Bytes rest, Change& change, Rejection& why) {
  if (!take_field(rest, change.value)) {
    why = Rejection::wrong_size;
    return false;
  }
  if (!read_expiry(rest, change.expires, why)) return false;
  why = Rejection::no_value;
  return !change.value.empty();
}

}  // namespace

bool encode(const Change& change, std::string& into) {
  into.clear();
  if (change.key.size() > largest_length || change.value.size() > largest_length) return false;
  std::array<char, 20> digits;
  const auto* const end = std::to_chars(digits.begin(), digits.end(), change.expires).ptr;
  const Bytes expiry(digits.data(), static_cast<std::size_t>(end - digits.data()));
  const bool is_set = change.operation == Operation::set;
  const std::size_t size =
      length_size + change.key.size() +
      (is_set ? 2 * length_size + change.value.size() + expiry.size() : erase_padding);
  if (header_size + size > largest_datagram) return false;
  into.reserve(header_size + size);
  into.push_back(static_cast<char>(cache_modifier));
  append_length(into, size);
  into.push_back(static_cast<char>(is_set ? set_command : erase_command));
  append_field(into, change.key);
  if (is_set) {
    append_field(into, change.value);
    append_field(into, expiry);
  } else {
    into.append(erase_padding, '\0');
  }
  return true;
}

std::optional<Change> decode(Bytes datagram, Rejection& why) {
  const auto refuse = [&](Rejection reason) {
    why = reason;
    return std::nullopt;
  };
  if (datagram.size() < least_size) return refuse(Rejection::short_packet);
  if (byte_at(datagram, 0) != cache_modifier) return refuse(Rejection::other_protocol);
  Bytes rest = datagram.substr(header_size);
  if (length_at(datagram, 1) != rest.size()) return refuse(Rejection::wrong_size);
  const unsigned command = byte_at(datagram, 3);
  if (command != set_command && command != erase_command)
    return refuse(Rejection::unknown_operation);
  Change change;
  if (!take_field(rest, change.key)) return refuse(Rejection::wrong_size);
  if (command == erase_command) {
    change.operation = Operation::erase;
    // As uWSGI sends it, or as its receivers want it.
    if (!rest.empty() && rest.size() < erase_padding) return refuse(Rejection::wrong_size);
    if (change.key.empty()) return refuse(Rejection::empty_erase);
  } else if (!read_set(rest, change, why)) {
    return std::nullopt;
  }
  if (change.key.empty()) return refuse(Rejection::no_key);
  return change;
}

}  // namespace reprise::sync
