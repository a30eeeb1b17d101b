#include "parsers/placeholder/placeholder.hpp"
#include "tests/fuzz/parsers_check.hpp"

namespace reprise::parsers::placeholder {
namespace {

void check_reference(const Reference& reference, std::string_view before, std::string_view text,
                     std::string_view opening) {
  check(!reference.name.empty());
  check(reference.name.find(opening) == std::string::npos);
  check(reference.text == std::string(opening) + reference.name + ")");
  check(reference.at == position_of(text, before.size()));
}

void check_template(std::string_view text, Kind kind, std::string_view opening) {
  std::string whole;
  bool after_literal = false;
  for (const auto& part : parse(text, kind)) {
    if (const auto* literal = std::get_if<Literal>(&part)) {
      check(!after_literal && !literal->text.empty());
      whole += literal->text;
    } else {
      const auto& reference = std::get<Reference>(part);
      check(reference.kind == kind);
      check_reference(reference, whole, text, opening);
      whole += reference.text;
    }
    after_literal = std::holds_alternative<Literal>(part);
  }
  check(whole == text);
}

}  // namespace
}  // namespace reprise::parsers::placeholder

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace reprise::parsers;
  using placeholder::Kind;
  const std::string_view text = view(data, size);
  placeholder::check_template(text, Kind::placeholder, "%(");
  placeholder::check_template(text, Kind::environment, "$(");
  placeholder::check_template(text, Kind::file, "@(");
  return 0;
}
