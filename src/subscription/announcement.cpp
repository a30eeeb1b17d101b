#include "subscription/announcement.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "protocol/uwsgi_packet.hpp"

namespace reprise::subscription {
namespace {

using protocol::PacketWriter;

// Empty is 0, as uWSGI has it.
bool read_number(std::string_view text, std::uint64_t most, std::uint64_t& into) {
  into = 0;
  if (text.empty()) return true;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, into);
  return error == std::errc() && rest == end && into <= most;
}

bool read_modifier(std::string_view text, std::uint8_t& into) {
  std::uint64_t number = 0;
  if (!read_number(text, 255, number)) return false;
  into = static_cast<std::uint8_t>(number);
  return true;
}

bool has_control_characters(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// False for a number that is none.
bool take_field(std::string_view name, std::string_view value, Announcement& into) {
  constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();
  if (name == "key") into.key = value;
  if (name == "address") into.address = value;
  if (name == "modifier1") return read_modifier(value, into.modifier1);
  if (name == "modifier2") return read_modifier(value, into.modifier2);
  if (name == "cores") return read_number(value, any, into.cores);
  if (name == "load") return read_number(value, any, into.load);
  if (name == "weight") {
    const bool good = read_number(value, any, into.weight);
    into.weight = std::min(into.weight, largest_weight);
    return good;
  }
  if (name == "sni_key") into.sni_key = value;
  if (name == "sni_crt") into.sni_crt = value;
  if (name == "sni_ca") into.sni_ca = value;
  if (name == "notify") into.notify = value;
  if (name == "cookie") into.cookie = value;
  if (name == "unix") return read_number(value, any, into.unix.emplace());
  return true;
}

std::optional<Rejection> judge_texts(const Announcement& announcement) {
  if (announcement.key.size() > longest_key) return Rejection::long_key;
  if (announcement.key.empty() || has_control_characters(announcement.key)) {
    return Rejection::bad_key;
  }
  const std::string_view address = announcement.address;
  if (address.empty() || address.size() > longest_address || has_control_characters(address)) {
    return Rejection::bad_address;
  }
  return std::nullopt;
}

void put_length(std::string& into, std::size_t length) {
  into += static_cast<char>(length & 0xff);
  into += static_cast<char>(length >> 8);
}

void put(std::string& into, std::string_view key, std::string_view value) {
  put_length(into, key.size());
  into += key;
  put_length(into, value.size());
  into += value;
}

void put(std::string& into, std::string_view key, std::uint64_t value) {
  put(into, key, std::to_string(value));
}

void put_if_given(std::string& into, std::string_view key, std::string_view value) {
  if (!value.empty()) put(into, key, value);
}

}  // namespace

std::variant<Announcement, Rejection> read(Bytes datagram) {
  if (datagram.size() > largest_packet) return Rejection::too_large;
  const auto packet = protocol::read_packet(datagram);
  if (!packet || !packet->rest.empty() || packet->modifier1 != packet_modifier ||
      packet->modifier2 > 1) {
    return Rejection::malformed;
  }
  Announcement announcement;
  announcement.leaves = packet->modifier2 == 1;
  for (const auto& [name, value] : packet->variables) {
    if (!announcement.sign.empty()) return Rejection::malformed;  // nothing comes behind it
    if (!take_field(name, value, announcement)) return Rejection::bad_number;
    if (name != "sign") continue;
    announcement.sign = value;
    const char* const block = datagram.data() + PacketWriter::header_size;
    const char* const field = name.data() - 2;  // its length stands in front
    announcement.signed_part = {block, static_cast<std::size_t>(field - block)};
  }
  if (const auto fault = judge_texts(announcement)) return *fault;
  return announcement;
}

std::string begin(const Announcement& a) {
  std::string bytes(PacketWriter::header_size, '\0');
  bytes[0] = static_cast<char>(packet_modifier);
  bytes[3] = a.leaves ? '\1' : '\0';
  put(bytes, "key", a.key);
  put(bytes, "address", a.address);
  put(bytes, "modifier1", a.modifier1);
  put(bytes, "modifier2", a.modifier2);
  put(bytes, "cores", a.cores);
  put(bytes, "load", a.load);
  put(bytes, "weight", a.weight);
  put_if_given(bytes, "sni_key", a.sni_key);
  put_if_given(bytes, "sni_crt", a.sni_crt);
  put_if_given(bytes, "sni_ca", a.sni_ca);
  put_if_given(bytes, "notify", a.notify);
  if (a.cookie) put(bytes, "cookie", *a.cookie);
  if (a.unix) put(bytes, "unix", *a.unix);
  return bytes;
}

Bytes signed_part_of(std::string_view begun) {
  return begun.substr(PacketWriter::header_size);
}

std::optional<std::string> finish(std::string begun, std::string_view signature) {
  put_if_given(begun, "sign", signature);
  if (begun.size() > largest_packet) return std::nullopt;
  const std::size_t size = begun.size() - PacketWriter::header_size;
  begun[1] = static_cast<char>(size & 0xff);
  begun[2] = static_cast<char>(size >> 8);
  return begun;
}

}  // namespace reprise::subscription
