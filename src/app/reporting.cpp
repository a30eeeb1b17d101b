#include "app/reporting.hpp"

#include <cstdio>

namespace reprise::app {

void log_lines(const std::vector<std::string>& lines) {
  for (const std::string& line : lines)
    log::line("{}", line);
}

void print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace reprise::app
