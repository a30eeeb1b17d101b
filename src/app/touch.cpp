#include "app/touch.hpp"

#include <sys/stat.h>

#include <chrono>
#include <optional>

#include "net/timer.hpp"

namespace reprise::app {
namespace {

constexpr std::chrono::seconds period{1};

struct Time {
  timespec when{};
  bool operator==(const Time& other) const {
    return when.tv_sec == other.when.tv_sec && when.tv_nsec == other.when.tv_nsec;
  }
};

std::optional<Time> changed_at(const std::string& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return Time{status.st_mtim};
}

}  // namespace

net::awaitable<void> watch_files(net::asio::io_context& io, std::vector<Written> files,
                                 std::function<void(const std::string&)> touched) {
  std::vector<std::optional<Time>> times;
  for (const Written& file : files)
    times.push_back(changed_at(file.text));
  net::Timer timer(io);
  for (;;) {
    co_await timer.wait(period);
    for (std::size_t i = 0; i < files.size(); ++i) {
      const auto now = changed_at(files[i].text);
      if (!now || now == times[i]) continue;
      times[i] = now;
      touched(files[i].text);
    }
  }
}

}  // namespace reprise::app
