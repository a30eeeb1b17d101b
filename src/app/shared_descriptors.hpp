#pragma once

#include <string>

#include "base/shared_descriptor.hpp"
#include "process/handover.hpp"

namespace reprise::app {

inline constexpr char log_kind[] = "log";  // of where lines go

// Shares `descriptor` under that kind: with the processes of the generation before a reload as
// well, which still serve. Throws std::system_error.
void share(SharedDescriptor& descriptor, const std::string& kind, process::Handover& inherited);

void hand_over(const SharedDescriptor& descriptor, const std::string& kind,
               process::Handover& handover);

}  // namespace reprise::app
