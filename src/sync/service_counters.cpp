#include "sync/service_counters.hpp"

#include <new>

namespace reprise::sync {

ServiceLedger::ServiceLedger()
    : region_(shm::Region::create("reprise-service", sizeof(ServiceCounters))),
      counters_(::new (static_cast<void*>(region_.data())) ServiceCounters) {}

}  // namespace reprise::sync
