#pragma once

#include <exception>
#include <string_view>

#include "check/report.hpp"

namespace reprise::check {

// Runs `step`; what it throws becomes a finding at `origin`. True if it threw nothing.
template <class F>
bool attempt(Report& report, compat::Severity severity, compat::Code code, std::string_view origin,
             F&& step) {
  try {
    step();
    return true;
  } catch (const std::exception& failure) {
    compat::Finding finding = compat::finding_of(severity, code, failure.what());
    if (finding.file.empty()) finding = compat::finding_at(origin, severity, code, failure.what());
    report.findings.push_back(std::move(finding));
    return false;
  }
}

template <class F>
bool attempt(Report& report, compat::Code code, std::string_view origin, F&& step) {
  return attempt(report, compat::Severity::error, code, origin, std::forward<F>(step));
}

}  // namespace reprise::check
