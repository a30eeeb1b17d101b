#include "parsers/address/address.hpp"
#include "tests/fuzz/parsers_check.hpp"

namespace reprise::parsers::address {
namespace {

// Writes an address, and checks its bounds on the way.
struct Printer {
  std::string operator()(const Tcp& tcp) const {
    check(tcp.host.find_first_of("*/@ []") == std::string::npos);
    check(!tcp.ipv6 || !tcp.host.empty());
    const std::string host = tcp.ipv6 ? "[" + tcp.host + "]" : tcp.host;
    return host + ":" + std::to_string(tcp.port);
  }
  std::string operator()(const UnixPath& file) const {
    check(!file.path.empty() && file.path.size() <= 102);
    return file.path;
  }
  std::string operator()(const Abstract& abstract) const {
    check(!abstract.name.empty() && abstract.name.size() <= 101);
    return "@" + abstract.name;
  }
  std::string operator()(const Shared& shared) const {
    check(shared.index <= 65535);
    return "=" + std::to_string(shared.index);
  }
  std::string operator()(const Inherited& inherited) const {
    check(inherited.fd >= 0 && inherited.fd <= 65535);
    return "fd://" + std::to_string(inherited.fd);
  }
};

}  // namespace
}  // namespace reprise::parsers::address

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::parsers;
  const std::string_view text = view(data, size);
  try {
    const address::Address parsed = address::parse(text);
    const std::string printed = std::visit(address::Printer{}, parsed);
    const address::Address again = address::parse(printed);
    check(again.index() == parsed.index());
    check(std::visit(address::Printer{}, again) == printed);
  } catch (const SyntaxError& error) {
    check_error(error, text);
  }
  return 0;
}
