// What a link makes of answers.
#include "store/link.hpp"
#include "store/reach.hpp"

namespace reprise::store {
namespace {

std::uint64_t microseconds(Clock::duration duration) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(duration).count());
}

}  // namespace

error_code Link::take_answers(ReplyReader& reader) {
  while (!in_flight_.empty()) {
    auto reply = reader.next(in_flight_.front());
    if (!reply) return reply.error();
    if (!*reply) return {};
    Request request = std::move(in_flight_.front());
    in_flight_.pop_front();
    take(request, **reply);
    if (trouble_) return errc::unavailable;
  }
  return reader.has_rest() ? make_error_code(errc::malformed) : error_code();
}

void Link::take(Request& request, Reply& reply) {
  switch (request.verb) {
    case Verb::hello:
      return take_hello(reply);
    case Verb::get:
      --gets_in_flight_;
      return take_get(request, reply);
    case Verb::probe: {
      const bool in_time = Clock::now() - request.asked <= reach_.budget;
      breaker_.probed(in_time && !trouble_of(reply.answer), Clock::now());
      return show_breaker();
    }
    case Verb::asking:
      return;
    case Verb::set:
    case Verb::erase:
    case Verb::slots:
      count_failure(reply);
      return owner_.answered(*this, request, reply);
  }
}

void Link::take_hello(const Reply& reply) {
  // Not in its own words: some repeat the password.
  if (const auto trouble = trouble_of(reply.answer))
    return report(*trouble, "it refused the greeting (wrong password, or no right?)");
  if (--hellos_ > 0) return;
  up_ = true;
  const bool in_time = Clock::now() - hello_sent_ <= reach_.budget;
  if (!breaker_.allows()) {
    breaker_.probed(in_time, Clock::now());
    watch();
  }
  show_breaker();
  row_.connected.set(1);
  row_.connections.add();
  owner_.connected(*this);
}

void Link::count_failure(const Reply& reply) {
  if (const auto trouble = trouble_of(reply.answer)) {
    row_.count(*trouble);
    if (lines_.allow()) owner_.troubled(*this, *trouble, reply.text);
  }
}

void Link::take_get(Request& request, Reply& reply) {
  Waiting& waiting = *request.waiting;
  row_.look_up_time.add(microseconds(Clock::now() - request.asked));
  if (waiting.abandoned) {  // counted as timed out
    row_.late.add();
    return;
  }
  if (reply.answer == Answer::moved || reply.answer == Answer::ask) {
    breaker_.succeeded();
    row_.look_ups.subtract();  // it is another's
    return owner_.answered(*this, request, reply);
  }
  if (trouble_of(reply.answer)) {
    row_.failed.add();
    count_failure(reply);
    // Whoever wrote a thing that is no session under one name does not close the store for all.
    if (reply.answer == Answer::unfit) {
      breaker_.succeeded();
    } else {
      failed();
    }
    return waiting.end();
  }
  breaker_.succeeded();
  if (reply.answer == Answer::value) {
    row_.hits.add();
    waiting.value = std::move(reply.text);
  } else {
    row_.misses.add();
  }
  waiting.end();
}

}  // namespace reprise::store
