#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compat/source.hpp"

namespace reprise::compat {

// Reads files, and remembers what came from elsewhere ("http://", "exec://" …): it may be another
// text the next time, so a start goes on with what the check before it has read.
class RememberedSources final : public SystemFiles {
public:
  RememberedSources() = default;
  // Gives what another one has read, each text once, before it reads anew. `encoded` is from
  // encode(); what is not whole is left out.
  explicit RememberedSources(std::string_view encoded);

  std::string read(const std::string& name, std::size_t limit) const override;

  // All that was read, in its order.
  std::string encode() const;

private:
  struct Source {
    std::string name;
    std::string text;
    bool given = false;
  };
  mutable std::vector<Source> sources_;
};

}  // namespace reprise::compat
