#include "app/announces.hpp"

#include "config/own_facts.hpp"
#include "shm/region.hpp"

namespace reprise::app {
namespace {

constexpr char kind[] = "announces";

}  // namespace

// The keeper of the generation before, which is told to end only later, looks at what is set here.
Announces::Announces(const config::Config& config, process::Handover& inherited, Purpose purpose)
    : announcer_(config.announces, config::own_facts(config.application)),
      after_reload_(inherited.is_reload()) {
  auto former = inherited.take(kind, kind);
  if (!former || purpose == Purpose::check) return;
  const auto region = shm::Region::adopt(std::move(*former), superseded_.region_size());
  reinterpret_cast<shm::Counter*>(region.data())->set(1);
}

void Announces::start(net::asio::io_context& io) {
  net::asio::co_spawn(io, announcer_.run(io, after_reload_), net::asio::detached);
}

void Announces::leave() {
  if (superseded_.row(0).get() == 0) announcer_.leave();
}

void Announces::hand_over(process::Handover& handover) const {
  handover.add(kind, kind, superseded_.region_fd());
}

}  // namespace reprise::app
