#pragma once

#include <optional>

#include "app/subscriptions.hpp"
#include "stats/subscription_snapshot.hpp"

namespace reprise::app {

// Nothing if no nodes announce themselves.
std::optional<stats::SubscriptionSnapshot> collect_subscriptions(const Subscriptions* from);

}  // namespace reprise::app
