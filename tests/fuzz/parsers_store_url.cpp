#include "parsers/store_url/store_url.hpp"
#include "tests/fuzz/parsers_check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::parsers;
  const std::string_view text = view(data, size);
  try {
    const store_url::Url url = store_url::parse(text);
    check(!url.servers.empty() && url.servers.size() <= 64);
    for (const store_url::Server& server : url.servers) {
      check(server.host.empty() != server.path.empty());
      check(server.path.size() <= 102 && server.host.size() <= 253);
    }
    for (const store_url::Parameter& parameter : url.parameters)
      check(!parameter.key.empty() && parameter.value.find('&') == std::string::npos);
  } catch (const SyntaxError& error) {
    check_error(error, text);
  }
  return 0;
}
