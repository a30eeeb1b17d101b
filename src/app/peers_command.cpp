#include "app/peers_command.hpp"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "app/stats_client.hpp"
#include "base/terminal.hpp"
#include "overview/grid.hpp"
#include "overview/view.hpp"

namespace reprise::app {
namespace {

using std::chrono::seconds;

constexpr seconds patience{5};
// Some 30,000 peers.
constexpr std::size_t largest_document = std::size_t{16} << 20;
constexpr int trouble = 2;
constexpr char usage[] =
    "usage: reprise peers STATS-ADDRESS [--watch[=SECONDS]] [--format=table|json]";
constexpr std::string_view clear_screen = "\033[H\033[2J";

struct Request {
  std::string address;
  std::optional<seconds> interval;  // of --watch
  bool as_json = false;
};

seconds interval_of(std::string_view text) {
  constexpr int longest = 86'400;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > longest)
    throw std::invalid_argument(fmt::format("--watch={}: not 1 to {} seconds", text, longest));
  return seconds(number);
}

Request request_of(const std::vector<std::string>& arguments) {
  constexpr std::string_view watch = "--watch=";
  constexpr seconds usual_interval{2};
  Request request;
  for (std::size_t i = 2; i < arguments.size(); ++i) {
    const std::string& argument = arguments[i];
    if (argument == "--watch") {
      request.interval = usual_interval;
    } else if (argument.starts_with(watch)) {
      request.interval = interval_of(std::string_view(argument).substr(watch.size()));
    } else if (argument == "--format=json" || argument == "--format=table") {
      request.as_json = argument == "--format=json";
    } else if (!argument.starts_with("--") && request.address.empty()) {
      request.address = argument;
    } else {
      throw std::invalid_argument("unexpected " + argument);
    }
  }
  if (request.address.empty()) throw std::invalid_argument("a stats address is missing");
  return request;
}

std::string picture(const Request& request) {
  const overview::View view =
      overview::read(fetch_stats(request.address, patience, largest_document));
  return request.as_json ? overview::as_json(view) + '\n'
                         : overview::as_table(view, wants_colours());
}

std::string line_of(const Request& request, const std::exception& failure) {
  constexpr std::size_t longest_line = 512;
  const std::string reason = failure.what();
  const bool names_it = reason.find(request.address) != std::string::npos;
  const std::string text = names_it ? reason : request.address + ": " + reason;
  return fmt::format("reprise peers: {}\n", overview::harmless(text, longest_line));
}

void show(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (std::fflush(stdout) != 0) throw std::runtime_error("standard output takes no more");
}

// The first picture has to come; a node that is gone later may come back.
int watch(const Request& request) {
  const bool redraws = ::isatty(STDOUT_FILENO) == 1 && !request.as_json;
  const auto leave = [](int) { ::_exit(0); };
  std::signal(SIGINT, leave);
  std::signal(SIGTERM, leave);
  for (std::string next = picture(request);;) {
    show(redraws ? std::string(clear_screen) + next : next);
    std::this_thread::sleep_for(*request.interval);
    try {
      next = (redraws || request.as_json ? "" : "\n") + picture(request);
    } catch (const std::exception& failure) {
      next = line_of(request, failure);
      if (!redraws) fmt::print(stderr, "{}", std::exchange(next, {}));
    }
  }
}

}  // namespace

bool is_peers_command(const std::vector<std::string>& arguments) {
  return arguments.size() > 1 && arguments[1] == "peers";
}

int run_peers_command(const std::vector<std::string>& arguments) {
  Request request;
  try {
    request = request_of(arguments);
    if (request.interval) return watch(request);
    show(picture(request));
    return 0;
  } catch (const std::invalid_argument& mistake) {
    fmt::print(stderr, "reprise peers: {}; {}\n", overview::harmless(mistake.what()), usage);
  } catch (const std::exception& failure) {
    fmt::print(stderr, "{}", line_of(request, failure));
  }
  return trouble;
}

}  // namespace reprise::app
