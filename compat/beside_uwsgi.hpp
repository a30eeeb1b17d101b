#pragma once

#include <vector>

#include "compat/finding.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {

// Notes on options in the order in which they act: what is different here on purpose, by the
// options' own rows, and what uWSGI as it is shipped does with these lines in this order.
void compare_with_uwsgi(const std::vector<OptionUse>& uses, const Registry& registry,
                        std::vector<Finding>& findings);

}  // namespace reprise::compat
