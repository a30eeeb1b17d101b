#include "check/report.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace reprise::check {
namespace {

using compat::Finding;
using compat::Severity;

// What follows the first such mark may be a key, even if it was cut.
void hide_keys(std::string& text) {
  constexpr std::string_view begin = "-----BEGIN";
  constexpr std::string_view end = "-----END";
  const std::size_t from = text.find(begin);
  if (from == std::string::npos) return;
  std::size_t to = text.rfind(end);
  to = to == std::string::npos ? text.size() : text.find("-----", to + end.size());
  to = to == std::string::npos ? text.size() : std::min(to + 5, text.size());
  text.replace(from, std::max(to, from) - from, "(inline PEM)");
}

// Among those of the same line, which are neighbours.
bool is_known(const std::vector<Finding>& findings, const Finding& finding) {
  for (auto before = findings.rbegin(); before != findings.rend(); ++before) {
    if (*before == finding) return true;
    if (before->line != finding.line || before->file != finding.file) break;
  }
  return false;
}

}  // namespace

Severity Report::worst() const {
  Severity worst = Severity::note;
  for (const Finding& finding : findings)
    worst = std::max(worst, finding.severity);
  return worst;
}

int exit_status(const std::vector<Report>& reports) {
  Severity worst = Severity::note;
  for (const Report& report : reports)
    worst = std::max(worst, report.worst());
  return worst == Severity::error ? 2 : worst == Severity::warning ? 1 : 0;
}

void tidy(Report& report) {
  auto& findings = report.findings;
  std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
    if (a.severity != b.severity) return a.severity > b.severity;
    return std::tie(a.file, a.line) < std::tie(b.file, b.line);
  });
  std::vector<Finding> kept;
  for (Finding& finding : findings) {
    for (std::string* text : {&finding.message, &finding.fix, &finding.excerpt})
      hide_keys(*text);
    if (!is_known(kept, finding)) kept.push_back(std::move(finding));
  }
  findings = std::move(kept);
  for (PlanItem& item : report.plan) {
    hide_keys(item.subject);
    for (auto& [name, value] : item.facts)
      hide_keys(value);
  }
}

}  // namespace reprise::check
