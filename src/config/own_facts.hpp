#pragma once

#include "application/settings.hpp"
#include "subscription/announcer.hpp"

namespace reprise::config {

// What a node of these applications announces of itself.
subscription::OwnFacts own_facts(const application::Settings& settings);

}  // namespace reprise::config
