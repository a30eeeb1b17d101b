#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/intrusive/list_hook.hpp>

#include "base/error.hpp"
#include "net/asio.hpp"

namespace reprise::net {

// Whoever waits for one thing to happen: a completion handler of Asio's (usually the rest of a
// coroutine), kept in place until complete() gives it to the event loop. While somebody waits, the
// loop has work. Destroying it with somebody waiting wakes him with operation_aborted.
class Waiter : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
public:
  using List = boost::intrusive::list<Waiter, boost::intrusive::constant_time_size<false>>;

  // While somebody waits, this stands in `all`: see discard_all().
  Waiter(asio::io_context& io, List& all) : io_(io), all_(all) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { complete(asio::error::operation_aborted); }

  bool waiting() const { return act_ != nullptr; }

  // Begins to wait: `begin()` is called once the handler is kept. One at a time: whoever comes
  // while somebody waits gets already_started at once.
  template <class Token, class Begin>
  auto wait(Token&& wait_token, Begin begin) {
    return asio::async_initiate<Token, void(error_code)>(
        [this](auto&& handler, Begin begin_now) {
          this->keep(std::forward<decltype(handler)>(handler));
          begin_now();
        },
        wait_token, std::move(begin));
  }

  // Nothing if nobody waits.
  void complete(error_code error) { end(Outcome::complete, error); }

  // When the loop goes: handlers are destroyed without being called, and their coroutines with
  // them.
  static void discard_all(List& all) {
    while (!all.empty())
      all.front().end(Outcome::discard, {});
  }

private:
  enum class Outcome { complete, discard };
  using Act = void (*)(Waiter&, Outcome, error_code);

  template <class Handler>
  struct Kept {
    Handler handler;
    asio::executor_work_guard<asio::io_context::executor_type> work;
  };

  void end(Outcome outcome, error_code error) {
    if (act_ == nullptr) return;
    unlink();
    std::exchange(act_, nullptr)(*this, outcome, error);
  }

  template <class Handler>
  void keep(Handler&& handler) {
    using Here = Kept<std::decay_t<Handler>>;
    if (waiting()) {
      asio::post(io_, [resume = std::forward<Handler>(handler)]() mutable {
        std::move(resume)(error_code(asio::error::already_started));
      });
      return;
    }
    static_assert(sizeof(Here) <= sizeof memory_);
    ::new (static_cast<void*>(memory_.data()))
        Here{std::forward<Handler>(handler), asio::make_work_guard(io_)};
    all_.push_back(*this);
    act_ = [](Waiter& self, Outcome outcome, error_code error) {
      auto* const here = std::launder(reinterpret_cast<Here*>(self.memory_.data()));
      // Its end may be the end of this waiter too, so it is moved out first.
      Here kept = std::move(*here);
      std::destroy_at(here);
      if (outcome == Outcome::discard) return;
      asio::post(self.io_,
                 [resume = std::move(kept.handler), error]() mutable { std::move(resume)(error); });
    };
  }

  asio::io_context& io_;
  List& all_;
  Act act_ = nullptr;
  alignas(std::max_align_t) std::array<std::byte, 64> memory_;
};

}  // namespace reprise::net
