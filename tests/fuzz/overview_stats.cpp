// A stats document of anybody. Whatever it is: what is shown of it is printable ASCII in lines, and
// JSON for those who want that.
#include <cstdint>
#include <cstdlib>
#include <stdexcept>
#include <string_view>

#include <boost/json.hpp>

#include "overview/view.hpp"

namespace {

void expect_harmless(std::string_view text) {
  for (const char c : text)
    if (c != '\n' && (c < ' ' || c > '~')) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::overview;
  try {
    const View view = read({reinterpret_cast<const char*>(data), size});
    expect_harmless(as_table(view, /*coloured=*/false));
    const std::string json = as_json(view);
    expect_harmless(json);
    const auto back = boost::json::parse(json);
    if (back.at("caches").as_array().size() != view.caches.size()) std::abort();
  } catch (const std::runtime_error&) {  // no stats document
  }
  return 0;
}
