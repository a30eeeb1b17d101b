#include "protocol/proxy_header.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace reprise::protocol {
namespace {

using std::literals::operator""sv;
using State = ProxyHeader::State;

constexpr std::string_view first_word = "PROXY ";                 // of version 1
constexpr std::size_t longest_line = 107;                         // with its CR LF
constexpr std::string_view signature = "\r\n\r\n\0\r\nQUIT\n"sv;  // of version 2
constexpr std::size_t fixed_size = 16;

ProxyHeader malformed() {
  ProxyHeader header;
  header.state = State::malformed;
  return header;
}

bool is_address(int family, std::string_view text) {
  unsigned char address[16];
  if (text.find('\0') != std::string_view::npos) return false;
  return ::inet_pton(family, std::string(text).c_str(), address) == 1;
}

std::optional<unsigned> port_number(std::string_view text) {
  unsigned value = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || rest != end || value > 65535) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return value;
}

// "TCP4 192.0.2.1 192.0.2.2 1234 443" in words; nothing if there are more or fewer.
std::optional<std::array<std::string_view, 5>> words_of(std::string_view line) {
  std::array<std::string_view, 5> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t blank = line.find(' ');
    words[i] = line.substr(0, blank);
    const bool last = i + 1 == words.size();
    if ((blank == std::string_view::npos) != last) return std::nullopt;
    if (!last) line.remove_prefix(blank + 1);
  }
  return words;
}

ProxyHeader read_version_1(Bytes received) {
  const Bytes window = received.substr(0, longest_line);
  const std::size_t lf = window.find('\n');
  if (lf == Bytes::npos) {
    return window.size() == longest_line ? malformed() : ProxyHeader{};
  }
  if (window[lf - 1] != '\r') return malformed();
  ProxyHeader header;
  header.size = lf + 1;
  header.state = State::complete;
  const Bytes line = window.substr(first_word.size(), lf - 1 - first_word.size());
  if (line.find('\r') != Bytes::npos) return malformed();
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return header;
  const auto words = words_of(line);
  if (!words) return malformed();
  const auto& [protocol, source, destination, source_port, destination_port] = *words;
  const int family = protocol == "TCP4" ? AF_INET : protocol == "TCP6" ? AF_INET6 : AF_UNSPEC;
  if (family == AF_UNSPEC || !is_address(family, source) || !is_address(family, destination)) {
    return malformed();
  }
  const auto port = port_number(source_port);
  if (!port || !port_number(destination_port)) return malformed();
  header.source_host = source;
  header.source_port = *port;
  return header;
}

unsigned two_bytes(Bytes bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]) * 256u + static_cast<unsigned char>(bytes[at + 1]);
}

// Addresses first, then ports; `size` is an address's.
bool take_addresses(ProxyHeader& header, int family, std::size_t size, Bytes block) {
  if (block.size() < 2 * size + 4) return false;
  char text[INET6_ADDRSTRLEN] = "";
  ::inet_ntop(family, block.data(), text, sizeof text);
  header.source_host = text;
  header.source_port = two_bytes(block, 2 * size);
  return true;
}

ProxyHeader read_version_2(Bytes received) {
  if (received.size() < fixed_size) return {};
  const unsigned char command = static_cast<unsigned char>(received[12]);
  const unsigned char family = static_cast<unsigned char>(received[13]);
  ProxyHeader header;
  header.size = fixed_size + two_bytes(received, 14);
  if (header.size > ProxyHeader::max_size || command >> 4 != 2 || (command & 15) > 1) {
    return malformed();
  }
  if (received.size() < header.size) return {};
  header.state = State::complete;
  const bool local = (command & 15) == 0;
  if (local) return header;
  const Bytes block = received.substr(fixed_size, header.size - fixed_size);
  bool good = true;
  if (family == 0x11) good = take_addresses(header, AF_INET, 4, block);
  if (family == 0x21) good = take_addresses(header, AF_INET6, 16, block);
  return good ? header : malformed();
}

}  // namespace

ProxyHeader read_proxy_header(Bytes received) {
  const auto begins = [received](std::string_view text) {
    const std::size_t size = std::min(text.size(), received.size());
    return received.substr(0, size) == text.substr(0, size);
  };
  if (begins(signature)) {
    return received.size() < signature.size() ? ProxyHeader{} : read_version_2(received);
  }
  if (!begins(first_word)) return malformed();
  return received.size() < first_word.size() ? ProxyHeader{} : read_version_1(received);
}

}  // namespace reprise::protocol
