#include "app/announces.hpp"

#include "config/own_facts.hpp"
#include "net/timer.hpp"
#include "shm/region.hpp"

namespace reprise::app {
namespace {

using namespace std::chrono_literals;

constexpr char kind[] = "announces";
constexpr auto look_period = 50ms;

subscription::OwnFacts own_facts(const config::Config& config, std::vector<std::string> sockets) {
  subscription::OwnFacts facts = config::own_facts(config.application);
  facts.sockets = std::move(sockets);  // as they were bound
  return facts;
}

net::awaitable<void> wait_until(net::asio::io_context& io, const std::function<bool()>& serves) {
  net::Timer timer(io);
  while (!serves())
    co_await timer.wait(look_period);
}

}  // namespace

// The keeper of the generation before, which is told to end only later, looks at what is set here.
Announces::Announces(const config::Config& config, std::vector<std::string> sockets,
                     process::Handover& inherited, Purpose purpose)
    : announcer_(config.announces, own_facts(config, std::move(sockets))),
      after_reload_(inherited.is_reload()) {
  auto former = inherited.take(kind, kind);
  if (!former || purpose == Purpose::check) return;
  const auto region = shm::Region::adopt(std::move(*former), superseded_.region_size());
  reinterpret_cast<shm::Counter*>(region.data())->set(1);
}

// A keeper in the place of one that died goes on announcing.
void Announces::start(net::asio::io_context& io, std::function<bool()> serves) {
  shm::Counter& begun = begun_.row(0);
  const bool after_reload = after_reload_ && begun.get() == 0;
  begun.set(1);
  const auto announce = [this, &io, after_reload,
                         serves = std::move(serves)]() -> net::awaitable<void> {
    co_await wait_until(io, serves);
    announced_.row(0).set(1);
    co_await announcer_.run(io, after_reload);
  };
  net::asio::co_spawn(io, announce, net::asio::detached);
}

void Announces::leave() {
  // What was never announced may be another instance's; what the generation before has is ours.
  const bool is_known = announced_.row(0).get() != 0 || after_reload_;
  if (is_known && superseded_.row(0).get() == 0) announcer_.leave();
}

void Announces::hand_over(process::Handover& handover) const {
  handover.add(kind, kind, superseded_.region_fd());
}

}  // namespace reprise::app
