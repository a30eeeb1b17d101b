#include <string>

#include "tests/fuzz/pieces.hpp"
#include "tls/client_hello.hpp"

namespace reprise::tls {
namespace {

using fuzz::check;

std::string uint16(std::size_t n) {
  return {static_cast<char>(n >> 8), static_cast<char>(n & 0xff)};
}

// The name as a body of its own has to mean the same.
void check_name(const std::string& name, Bytes body) {
  check(!name.empty() && name.size() <= 255 && name.size() + 5 <= body.size());
  for (const char c : name)
    check(c != '\0' && !(c >= 'A' && c <= 'Z'));
  const std::string entry = std::string(1, '\0') + uint16(name.size()) + name;
  check(parse_server_name(uint16(entry.size()) + entry) == name);
}

// Said in another way.
bool lists_tls_1_3(Bytes body) {
  if (body.empty() || static_cast<unsigned char>(body[0]) != body.size() - 1) return false;
  for (Bytes rest = body.substr(1); rest.size() >= 2; rest.remove_prefix(2)) {
    if (rest.starts_with("\x03\x04")) return true;
  }
  return false;
}

}  // namespace
}  // namespace reprise::tls

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::tls;
  const reprise::Bytes body(reinterpret_cast<const char*>(data), size);
  if (const auto name = parse_server_name(body)) check_name(*name, body);
  reprise::fuzz::check(has_tls_1_3(body) == lists_tls_1_3(body));
  const auto names = session_names(body);
  reprise::fuzz::check(names.size() <= 2);
  for (const std::string& name : names)
    reprise::fuzz::check(name.size() == 32 && body.find(name) != reprise::Bytes::npos);
  return 0;
}
