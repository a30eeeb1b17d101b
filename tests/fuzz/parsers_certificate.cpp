#include "parsers/certificate/certificate.hpp"
#include "tests/fuzz/parsers_check.hpp"

namespace reprise::parsers::certificate {
namespace {

std::string printed(const Files& files) {
  check(!files.certificate.empty() && !files.key.empty());
  check(files.has_client_ca == !files.client_ca.empty());
  check(files.has_client_ca || !files.required);
  std::string text = files.certificate + "," + files.key;
  if (!files.ciphers.empty() || files.has_client_ca) text += "," + files.ciphers;
  if (files.has_client_ca) text += (files.required ? ",!" : ",") + files.client_ca;
  return text;
}

// A comma before no ciphers need not be there.
void check_printed(const std::string& printed, std::string_view text) {
  check(printed == text || printed + "," == text);
}

void check_listener(std::string_view text) {
  const Listener listener = parse_listener(text);
  check(!listener.address.empty());
  check_printed(listener.address + "," + printed(listener.files), text);
}

void check_name(std::string_view text) {
  const Name name = parse_name(text);
  check(!name.name.empty());
  check_printed(name.name + " " + printed(name.files), text);
}

}  // namespace
}  // namespace reprise::parsers::certificate

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::parsers;
  const std::string_view text = view(data, size);
  for (const auto check_form : {certificate::check_listener, certificate::check_name}) {
    try {
      check_form(text);
    } catch (const SyntaxError& error) {
      check_error(error, text);
    }
  }
  return 0;
}
