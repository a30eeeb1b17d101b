#pragma once

#include <string>

#include "application/served_request.hpp"
#include "application/settings.hpp"

namespace reprise::compat {

// The line that a request leaves: uWSGI's own, or one of `log-format` (spec/process/wsgi.md 9).
// Control characters that came from outside are escaped, so that a line is one request.
class RequestLog {
public:
  // `settings` outlives this.
  explicit RequestLog(const application::LogSettings& settings) : settings_(settings) {}

  bool wants(const application::RequestFacts& facts) const;
  std::string line(const application::RequestFacts& facts) const;

private:
  const application::LogSettings& settings_;
};

// The value of %(name) in a format; "-" for what is empty or unknown.
std::string log_token(const application::RequestFacts& facts, std::string_view name);

}  // namespace reprise::compat
