#include "subscription/directory.hpp"

#include "base/log.hpp"

namespace reprise::subscription {
namespace {

constexpr int most_names = 5;  // that are looked up for one host

}  // namespace

std::optional<Lease> Directory::find(std::string_view key, std::string_view client) const {
  const Moment now;
  Table::Question question{key, client, settings_.algorithm, settings_.tolerance, worker_};
  auto found = table_.choose(question, now);
  // "a.b.example.com", ".b.example.com", ".example.com" …
  for (int names = 1; !found && settings_.dotsplit && names < most_names; ++names) {
    const std::size_t dot = question.key.find('.', question.key.starts_with('.') ? 1 : 0);
    if (dot == std::string_view::npos) break;
    question.key.remove_prefix(dot);
    found = table_.choose(question, now);
  }
  if (found || server_.fallback_key.empty()) return found;
  question.key = server_.fallback_key;
  return table_.choose(question, now);
}

void Directory::report_failed(std::string_view key, const Lease& lease) const {
  if (!failure_lines_.allow()) return;
  log::line("[uwsgi-{}] {} => marking {} as failed", server_.router, key, lease.address());
  const std::uint64_t left_out = failure_lines_.left_out();
  if (left_out == 0) return;
  log::event(log::Level::warning, "subscription.lines_left_out",
             {{"router", server_.router}, {"lines", std::to_string(left_out)}});
}

}  // namespace reprise::subscription
