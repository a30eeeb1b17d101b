#pragma once

#include <exception>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "compat/load.hpp"

namespace reprise::app {

// Exit status of what could not be done.
constexpr int failure = 1;

void log_lines(const std::vector<std::string>& lines);

// To the standard output.
void print(const std::string& text);

// A child that checks a configuration, or a start that failed, says why and gives its status.
// `fallback` becomes the file that a broken configuration names for such a case.
template <class F>
int reporting(F&& step, std::string* fallback = nullptr) {
  try {
    return step();
  } catch (const compat::ConfigurationError& e) {
    if (fallback != nullptr) *fallback = e.fallback;
    print(e.output);
    log_lines(e.messages);
    log::line("{}", e.what());
  } catch (const std::exception& e) {
    log::line("{}", e.what());
  }
  return failure;
}

}  // namespace reprise::app
