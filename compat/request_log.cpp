#include "compat/request_log.hpp"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <map>

#include <fmt/format.h>

#include "compat/printable.hpp"

namespace reprise::compat {
namespace {

using application::RequestFacts;

std::time_t seconds_of(const RequestFacts& facts) {
  return std::chrono::system_clock::to_time_t(facts.when);
}

// "Mon Nov 23 12:19:17 2026"
std::string ctime_of(const RequestFacts& facts) {
  const std::time_t when = seconds_of(facts);
  char text[32];
  std::string out = ::ctime_r(&when, text) != nullptr ? text : "";
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::string strftime_of(const RequestFacts& facts, const char* format) {
  const std::time_t when = seconds_of(facts);
  std::tm parts{};
  ::localtime_r(&when, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, format, &parts)};
}

long long micros(const RequestFacts& facts) {
  return static_cast<long long>(facts.took.count());
}

// Tokens that are variables of the request.
constexpr std::pair<std::string_view, std::string_view> variable_tokens[] = {
    {"uri", "REQUEST_URI"},        {"method", "REQUEST_METHOD"}, {"user", "REMOTE_USER"},
    {"addr", "REMOTE_ADDR"},       {"host", "HTTP_HOST"},        {"proto", "SERVER_PROTOCOL"},
    {"uagent", "HTTP_USER_AGENT"}, {"referer", "HTTP_REFERER"},  {"cl", "CONTENT_LENGTH"},
};

// Tokens that are numbers.
std::map<std::string_view, long long> numbers_of(const RequestFacts& facts) {
  const auto number = [](auto value) { return static_cast<long long>(value); };
  const long long werr = facts.write_failed ? 1 : 0, rerr = facts.read_failed ? 1 : 0;
  return {
      {"status", facts.status},
      {"rsize", number(facts.answer_body_size)},
      {"hsize", number(facts.answer_head_size)},
      {"size", number(facts.answer_body_size + facts.answer_head_size)},
      {"headers", facts.field_count},
      {"micros", micros(facts)},
      {"msecs", micros(facts) / 1000},
      {"time", seconds_of(facts)},
      {"epoch", seconds_of(facts)},
      {"pid", facts.pid},
      {"wid", facts.worker},
      {"core", facts.core},
      {"switches", 1},
      {"vars", number(facts.variables.size() * 2)},
      {"pktsize", number(facts.head_size)},
      {"modifier1", 0},
      {"modifier2", 0},
      {"werr", werr},
      {"rerr", rerr},
      {"ioerr", werr + rerr},
  };
}

std::string token_value(const RequestFacts& facts, std::string_view name) {
  if (name.starts_with("var.")) return printable(facts.variable(name.substr(4)));
  for (const auto& [token, variable] : variable_tokens) {
    if (token == name) return printable(facts.variable(variable));
  }
  if (name == "ctime") return ctime_of(facts);
  if (name == "ltime" || name == "ftime") return strftime_of(facts, "%d/%b/%Y:%H:%M:%S %z");
  if (name == "secs") return fmt::format("{:.6f}", static_cast<double>(micros(facts)) / 1e6);
  const auto numbers = numbers_of(facts);
  const auto found = numbers.find(name);
  return found == numbers.end() ? std::string() : std::to_string(found->second);
}

// [pid: P|app: A|req: R/TOTAL] ADDR (USER) {V vars in B bytes} …
std::string usual_line(const RequestFacts& facts, const application::LogSettings& settings) {
  const bool by_app = facts.app.has_value();
  return fmt::format(
      "[pid: {}|app: {}|req: {}/{}] {} ({}) {{{} vars in {} bytes}} [{}] {} {} => generated {} "
      "bytes "
      "in {} {}{} ({} {}) {} headers in {} bytes ({} switches on core {})",
      facts.pid, by_app ? static_cast<long>(*facts.app) : -1,
      by_app ? static_cast<long>(facts.worker_requests) : -1, facts.all_requests,
      printable(facts.variable(settings.forwarded_for ? "HTTP_X_FORWARDED_FOR" : "REMOTE_ADDR")),
      printable(facts.variable("REMOTE_USER")), facts.variables.size() * 2, facts.head_size,
      ctime_of(facts), printable(facts.variable("REQUEST_METHOD")),
      printable(facts.variable("REQUEST_URI")), facts.answer_body_size,
      settings.micros ? micros(facts) : micros(facts) / 1000, settings.micros ? "micros" : "msecs",
      facts.sent_file ? " via sendfile()" : "", printable(facts.variable("SERVER_PROTOCOL")),
      facts.status, facts.field_count, facts.answer_head_size, 1, facts.core);
}

}  // namespace

bool RequestLog::wants(const RequestFacts& facts) const {
  if (settings_.all || facts.wants_line) return true;
  if (settings_.client_errors && facts.status >= 400 && facts.status < 500) return true;
  return settings_.server_errors && facts.status >= 500;
}

std::string log_token(const RequestFacts& facts, std::string_view name) {
  const auto added = facts.log_variables.find(std::string(name));
  const std::string value =
      added != facts.log_variables.end() ? printable(added->second) : token_value(facts, name);
  return value.empty() ? "-" : value;
}

std::string RequestLog::line(const RequestFacts& facts) const {
  if (!settings_.format) return usual_line(facts, settings_);
  std::string out;
  for (std::string_view rest = *settings_.format; !rest.empty();) {
    const std::size_t begin = std::min(rest.find("%("), rest.size());
    const std::size_t end = rest.find(')', begin);
    if (end == std::string_view::npos) {
      out += rest;
      break;
    }
    out += rest.substr(0, begin);
    out += log_token(facts, rest.substr(begin + 2, end - begin - 2));
    rest.remove_prefix(end + 1);
  }
  return out;
}

}  // namespace reprise::compat
