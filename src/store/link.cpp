#include "store/link.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>

#include "base/log.hpp"
#include "base/wipe.hpp"
#include "store/reach.hpp"

namespace reprise::store {
namespace {

constexpr std::size_t most_out = 65536;
constexpr std::chrono::milliseconds watch_interval{50};
// Writes that follow another one more closely than that share a segment with those after them: each
// segment, and each answer that comes alone, costs more than all else of a write.
constexpr std::chrono::milliseconds write_interval{10};
constexpr std::size_t enough_writes = 32;
// Nothing is answered for so long: another connection is made.
constexpr std::chrono::milliseconds stall_limit{1000};

}  // namespace

void LinkOwner::troubled(Link& link, Trouble trouble, std::string_view words) {
  log::line("session store {}: {} ({})", link.place().name, words, name_of(trouble));
}

Link::Link(net::asio::io_context& io, Place place, const Reach& reach, ServerRow& row,
           LinkOwner& owner)
    : io_(io),
      place_(std::move(place)),
      reach_(reach),
      row_(row),
      owner_(owner),
      deadlines_(io),
      watch_timer_(io),
      write_timer_(io),
      pause_timer_(io) {
  name_place();
}

void Link::name_place() {
  row_.begin(place_.name);
  renewal_.reset();
  if (net::has_host_name(place_.name)) renewal_.emplace(place_.name, Clock::now(), reach_.resolve);
}

bool Link::can_ask() const {
  if (!breaker_.allows() || gets_.size() + gets_in_flight_ >= most_gets) return false;
  return up_ || first_try_;
}

bool Link::ask(Request& request) {
  if (!can_ask()) return false;
  row_.look_ups.add();
  request.waiting->link = this;
  gets_.push_back(std::move(request));
  flush_soon();
  return true;
}

bool Link::ask_as_exception(Request& request) {
  if (!can_ask()) return false;
  Request asking;
  asking.verb = Verb::asking;
  gets_.push_back(std::move(asking));
  if (request.waiting) {
    row_.look_ups.add();
    request.waiting->link = this;
  }
  gets_.push_back(std::move(request));
  flush_soon();
  return true;
}

void Link::tell(Request request) {
  if (request.verb == Verb::slots) {
    if (!up_) return;
    gets_.push_back(std::move(request));
    return flush_soon();
  }
  (request.verb == Verb::set ? row_.writes : row_.deletes).add();
  write_bytes_ += request.name.size() + request.value.size();
  writes_.push_back(std::move(request));
  while (writes_.size() > most_writes || write_bytes_ > most_write_bytes)
    drop_oldest();
  row_.queued.set(writes_.size());
  write_soon();
}

// One that comes alone leaves at once.
void Link::write_soon() {
  const auto wait = wrote_ + write_interval - Clock::now();
  if (wait <= Clock::duration::zero() || writes_.size() >= enough_writes) return flush_soon();
  if (write_waits_) return;
  write_waits_ = true;
  write_timer_.start(wait, [this](error_code error) {
    write_waits_ = false;
    if (!error) flush_soon();
  });
}

void Link::drop_oldest() {
  write_bytes_ -= writes_.front().name.size() + writes_.front().value.size();
  writes_.pop_front();
  row_.dropped.add();
}

void Link::gave_up() {
  row_.timed_out.add();
  failed();
}

void Link::failed() {
  if (breaker_.failed(Clock::now())) {
    row_.breaker_opened.add();
    if (lines_.allow()) {
      log::line("session store {}: left alone for a while, it does not answer in time",
                place_.name);
    }
  }
  show_breaker();
  watch();
}

void Link::show_breaker() {
  row_.breaker.set(static_cast<std::uint64_t>(breaker_.state()));
}

void Link::report(Trouble trouble, std::string_view words) {
  row_.count(trouble);
  trouble_ = trouble;
  if (lines_.allow()) owner_.troubled(*this, trouble, words);
}

// What was asked for in one turn leaves in one segment.
void Link::flush_soon() {
  if (flushes_ || stream_ == nullptr || blocked_ || !up_) return;
  flushes_ = true;
  net::asio::post(io_, [this] {
    flushes_ = false;
    flush();
  });
}

void Link::send(Request&& request) {
  if (request.asked == Clock::time_point()) request.asked = Clock::now();
  // First the answer's place: one without would be taken for another's.
  in_flight_.push_back(std::move(request));
  if (in_flight_.back().verb == Verb::get) ++gets_in_flight_;
  reach_.dialect->append(in_flight_.back(), out_);
}

void Link::fill() {
  while (out_.size() < most_out && in_flight_.size() < most_in_flight) {
    if (!gets_.empty()) {
      Request request = std::move(gets_.front());
      gets_.pop_front();
      if (request.waiting && request.waiting->abandoned) continue;
      send(std::move(request));
    } else if (!writes_.empty()) {
      write_bytes_ -= writes_.front().name.size() + writes_.front().value.size();
      writes_.front().asked = {};
      wrote_ = Clock::now();
      send(std::move(writes_.front()));
      writes_.pop_front();
    } else {
      break;
    }
  }
  row_.queued.set(writes_.size());
}

void Link::flush() {
  while (stream_ != nullptr && !blocked_) {
    if (out_.empty() && up_) fill();
    if (out_.empty()) break;
    const net::Step step = stream_->write(Bytes(out_).substr(sent_));
    if (step.error) return stream_->socket().cancel();  // the reader finds out why
    row_.bytes_out.add(step.bytes);
    sent_ += step.bytes;
    if (sent_ == out_.size()) empty_output();
    if (step.want == net::Want::nothing) continue;
    if (step.want == net::Want::input) break;  // the reader comes back here
    blocked_ = true;
    net::asio::co_spawn(io_, wait_for_output(connection_), net::asio::detached);
  }
  if (!in_flight_.empty()) watch();
}

// The greeting has a password in it.
void Link::empty_output() {
  if (up_) {
    out_.clear();
  } else {
    wipe(out_);
  }
  sent_ = 0;
}

net::awaitable<void> Link::wait_for_output(std::uint64_t connection) {
  if (connection != connection_ || stream_ == nullptr) co_return;
  const error_code error = co_await stream_->socket().ready(net::Want::output);
  if (error || connection != connection_ || stream_ == nullptr) co_return;
  blocked_ = false;
  flush();
}

// Nothing of what was under way is asked again.
void Link::fail_all() {
  bool any = false;
  for (std::deque<Request>* requests : {&in_flight_, &gets_}) {
    for (Request& request : *requests) {
      if (request.is_write()) row_.dropped.add();
      if (request.verb == Verb::probe) breaker_.probed(/*in_time=*/false, Clock::now());
      if (!request.waiting || request.waiting->abandoned) continue;
      any = true;
      row_.failed.add();
      request.waiting->end();
    }
    requests->clear();
  }
  gets_in_flight_ = 0;
  empty_output();
  if (any) failed();
  show_breaker();
}

// Looks after what is under way, for as long as something is.
void Link::watch() {
  if (watches_) return;
  watches_ = true;
  watch_timer_.start(watch_interval, [this](error_code error) {
    watches_ = false;
    if (!error) look();
  });
}

void Link::look() {
  const auto now = Clock::now();
  if (stream_ != nullptr && !in_flight_.empty() && now - in_flight_.front().asked > stall_limit) {
    report(Trouble::stalled, "no answer for a second");
    stream_->socket().cancel();
  } else if (up_ && breaker_.wants_probe(now)) {
    breaker_.probing();
    show_breaker();
    Request probe;
    probe.verb = Verb::probe;
    probe.asked = now;
    gets_.push_front(std::move(probe));
    flush();
  }
  const bool probes_later = up_ && !breaker_.allows();
  if (!in_flight_.empty() || probes_later) watch();
}

}  // namespace reprise::store
