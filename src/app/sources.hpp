#pragma once

#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "process/handover.hpp"

namespace reprise::app {

// What the check before a reload has read from `http://` and the like: in memory that it shares
// with the master, who gives it to the program behind the reload.
class Sources {
public:
  // Throws std::system_error.
  Sources();

  // The check. Throws std::system_error.
  void keep(std::string_view encoded) const;
  // In every other child: it is no business of theirs.
  void close() { memory_.reset(); }

  void hand_over(process::Handover& handover) const;
  // What the generation before handed over, or an empty text.
  static std::string take(process::Handover& inherited);

private:
  UniqueFd memory_;
};

}  // namespace reprise::app
