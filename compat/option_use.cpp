#include "compat/option_use.hpp"

namespace reprise::compat {

const std::string& OptionUse::text() const {
  static const std::string empty;
  return value ? *value : empty;
}

}  // namespace reprise::compat
