#pragma once

#include <optional>
#include <string>

#include "compat/source.hpp"

namespace reprise::compat {

// One option as it stands somewhere: `key = value` in a file, `--key value` on the command line.
struct OptionUse {
  std::string name;
  std::optional<std::string> value;  // nothing: a flag of the command line, given bare
  Place place;
  bool rewritten = false;  // the value is no longer what stands in the source
  bool settled = false;    // acted on when it was read, or never to be (a definition)

  // The value, or an empty text.
  const std::string& text() const;
};

}  // namespace reprise::compat
