#pragma once

#include "base/unique_fd.hpp"

namespace reprise {

// A file without a name for what is too large for memory, in $TMPDIR or /tmp: for its owner alone,
// and gone with its last descriptor. None if it cannot be made; errno says why.
UniqueFd open_unnamed_file();

}  // namespace reprise
