#pragma once

#include "compat/uwsgi_json.hpp"
#include "stats/subscription_snapshot.hpp"

namespace reprise::compat {

// uWSGI's list "subscriptions" (spec/routers/subscription.md 9).
void print_subscriptions(JsonPrinter& json, const stats::SubscriptionSnapshot& subscriptions);

// Ours, as "announces": what was heard, and what was refused.
void print_announces(JsonPrinter& json, const stats::SubscriptionSnapshot& subscriptions);

}  // namespace reprise::compat
