#include "tlsload/scenarios.hpp"

#include <algorithm>

#include "tlsload/client_context.hpp"
#include "tlsload/crowd.hpp"
#include "tlsload/knock.hpp"
#include "tlsload/phases.hpp"

namespace reprise::bench {
namespace {

void run_full(const Options& options, Crowd& crowd) {
  Sessions none;
  Sessions received;
  Tally warm_up;
  Tally measured;
  crowd.visit(options.warm_up, none, received, End::close_notify, warm_up);
  say_ready(warm_up, received.size());
  received.clear();
  crowd.visit(options.operations, none, received, End::close_notify, measured);
  report(measured);
}

// As many sessions as operations: each is used once. Fewer: they are used in turn, TLS 1.3 with the
// newest ticket of the chain.
void run_resumed(const Options& options, Crowd& crowd) {
  Sessions none;
  Sessions sessions;
  Tally seeding;
  Tally measured;
  crowd.visit(options.sessions, none, sessions, options.seed_end, seeding);
  say_ready(seeding, sessions.size());
  crowd.visit(options.operations, sessions, sessions, End::close_notify, measured);
  report(measured);
}

void run_exchange(const Options& options, Crowd& crowd) {
  constexpr std::uint64_t enough_to_check = 1 << 20;
  const auto kind = options.upload ? Request::Kind::upload : Request::Kind::download;
  Request request{.kind = kind, .bytes = std::min(options.bytes, enough_to_check), .verify = true};
  Tally warm_up;
  Tally measured;
  crowd.open(options.concurrency, request, warm_up);
  crowd.exchange(options.warm_up, request, warm_up);
  say_ready(warm_up, 0);
  request = {.kind = kind, .bytes = options.bytes, .verify = false};
  crowd.exchange(options.operations, request, measured);
  report(measured);
}

void run_request(const Options& options, Crowd& crowd) {
  const Request request{
      .kind = Request::Kind::download, .bytes = options.bytes, .verify = true, .close = true};
  Sessions none;
  Sessions ignored;
  Sessions sessions;
  Tally warm_up;
  Tally measured;
  crowd.visit(options.warm_up, none, ignored, End::close_notify, warm_up, &request);
  if (options.sessions > 0)
    crowd.visit(options.sessions, none, sessions, options.seed_end, warm_up, &request);
  say_ready(warm_up, sessions.size());
  ignored.clear();
  crowd.visit(options.operations, sessions, options.sessions > 0 ? sessions : ignored,
              End::close_notify, measured, &request);
  report(measured);
}

void run_websocket(const Options& options, Crowd& crowd) {
  const Request upgrade{.kind = Request::Kind::upgrade, .bytes = 0, .verify = true};
  Request message{.kind = Request::Kind::message, .bytes = options.bytes, .verify = true};
  Tally warm_up;
  Tally measured;
  crowd.open(options.concurrency, upgrade, warm_up);
  crowd.exchange(options.warm_up, message, warm_up);
  say_ready(warm_up, 0);
  message.verify = false;
  crowd.exchange(options.operations, message, measured);
  report(measured);
}

void run_idle(const Options& options, Crowd& crowd) {
  const Request request{.kind = Request::Kind::download, .bytes = options.bytes, .verify = true};
  Sessions none;
  Sessions ignored;
  Tally warm_up;
  Tally measured;
  crowd.visit(options.warm_up, none, ignored, End::close_notify, warm_up);
  say_ready(warm_up, 0);
  crowd.open(options.operations, request, measured);
  report(measured);
}

void run_knock(const Options& options) {
  say_ready({}, 0);
  Tally measured;
  const Knocks held = knock(options, measured);
  report(measured);
}

}  // namespace

void run_scenario(const Options& options) {
  if (options.scenario == Scenario::knock) return run_knock(options);
  const ContextPtr context = make_client_context(options);
  Crowd crowd(options, context.get());
  switch (options.scenario) {
    case Scenario::full:
      return run_full(options, crowd);
    case Scenario::resumed:
      return run_resumed(options, crowd);
    case Scenario::exchange:
      return run_exchange(options, crowd);
    case Scenario::request:
      return run_request(options, crowd);
    case Scenario::websocket:
      return run_websocket(options, crowd);
    case Scenario::idle:
      return run_idle(options, crowd);
    case Scenario::knock:
      return;
  }
}

}  // namespace reprise::bench
