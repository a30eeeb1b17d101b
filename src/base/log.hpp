#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

// Two kinds of line, both one write(2) to descriptor 2 so that processes do not interleave:
// uWSGI's own texts (`line`), which people grep for, and diagnostics of ours (`event`).
namespace reprise::log {

// Writes `text` and a line end, after the `log-date` prefix if one is set.
void line(std::string_view text);

template <class... Args>
void line(fmt::format_string<Args...> format, Args&&... args) {
  line(std::string_view(fmt::format(format, std::forward<Args>(args)...)));
}

// A strftime format put before every line with " - " (`log-date`); empty for none.
void set_date_format(std::string format);

// From now on, processes that are forked follow where this one writes. Throws std::system_error.
void share_output();

// Descriptors 1 and 2 become `fd` here, and in every process forked since share_output() before its
// next line. For the process that shared. Throws std::system_error.
void redirect(int fd);

// Takes over what redirect() did elsewhere. `line` does so by itself; for processes in which others
// write to the descriptors, too.
void follow() noexcept;

enum class Level { info, warning, error };

// A value that came from outside is quoted and escaped. Never pass keys, secrets or whole session
// ids; `short_id` cuts an id to what is enough to recognise it.
using Fields = std::initializer_list<std::pair<std::string_view, std::string>>;

// `[reprise] warning tls.failure reason="bad record" client="127.0.0.1"`
void event(Level level, std::string_view name, Fields fields = {});

// The first four bytes of an id, in hex.
std::string short_id(std::string_view id);

// At most one line per interval and owner; `suppressed` tells how many were left out since.
class RateLimit {
public:
  explicit RateLimit(std::chrono::milliseconds interval = std::chrono::seconds(1))
      : interval_(interval) {}
  // True if a line may be written now.
  bool allow();
  // Calls of `allow` that said no since the last one that said yes; resets.
  std::uint64_t suppressed() { return std::exchange(reported_, 0); }

private:
  std::chrono::milliseconds interval_;
  std::chrono::steady_clock::time_point next_{};
  std::uint64_t dropped_ = 0;
  std::uint64_t reported_ = 0;
};

// What went wrong, as an error with its reason: as often as `limit` lets it, and with how many were
// left out before.
void failure(RateLimit& limit, std::string_view name, std::string_view reason);

}  // namespace reprise::log
