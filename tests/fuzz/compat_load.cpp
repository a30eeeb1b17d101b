// The whole of the configuration: a text is a file, and what it refers to are pieces of the same
// text. No file of the machine is read, no command runs.
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "compat/load.hpp"
#include "compat/source.hpp"

namespace {

class Pieces final : public reprise::compat::FileReader {
public:
  explicit Pieces(std::string_view text) : text_(text) {}

  std::string read(const std::string& name, std::size_t) const override {
    if (name == "missing") throw std::system_error(ENOENT, std::system_category());
    // "a.ini" is all of it; other names have what stands behind as many bytes as they are long.
    const std::size_t from = name.starts_with("a.") ? 0 : std::min(name.size(), text_.size());
    return std::string(text_.substr(from));
  }
  std::vector<std::string> match(const std::string& pattern) const override {
    return {pattern, pattern + "/"};
  }

private:
  std::string_view text_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr const char* names[] = {"a.ini", "a.yml", "a.json", "a.xml"};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  // Names of hosts would be asked for in the network.
  if (text.find("resolve") != std::string_view::npos) return 0;
  try {
    reprise::compat::load({"reprise", names[data[0] % std::size(names)]}, Pieces(text), {});
  } catch (const std::runtime_error&) {
    // What a user is told.
  }
  return 0;
}
