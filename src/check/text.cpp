#include "check/text.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "compat/printable.hpp"

namespace reprise::check {
namespace {

using compat::Code;
using compat::Finding;
using compat::Severity;

struct Colours {
  std::string_view red, yellow, cyan, bold, off;
};
constexpr Colours no_colours;
constexpr Colours of_a_terminal{"\033[31;1m", "\033[33;1m", "\033[36m", "\033[1m", "\033[0m"};

// Each line a line, with nothing in it that a terminal would obey.
std::string indented(std::string_view text, std::string_view indent) {
  std::string out;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    out += fmt::format("{}{}\n", indent, compat::printable(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return out;
}

std::string place_of(const Finding& finding) {
  if (finding.file.empty()) return {};
  const std::string file = compat::printable(finding.file);
  if (finding.line == 0) return file + ": ";
  return fmt::format("{}:{}:{}: ", file, finding.line, finding.column);
}

class Text {
public:
  explicit Text(const Colours& colours) : colours_(colours) {}

  std::string of(const Report& report) const {
    std::string out = heading(report);
    out += plan(report);
    for (const Finding& finding : report.findings) {
      if (finding.severity != Severity::note) out += whole(finding);
    }
    out += notes(report, "notes",
                 [](Code code) { return code != Code::differs && code != Code::stock; });
    out += notes(report, "differs from uWSGI", [](Code code) { return code == Code::differs; });
    out += notes(report, "uWSGI as it is shipped", [](Code code) { return code == Code::stock; });
    return out;
  }

private:
  std::string heading(const Report& report) const {
    const auto count = [&](Severity severity) {
      return std::count_if(report.findings.begin(), report.findings.end(),
                           [&](const Finding& finding) { return finding.severity == severity; });
    };
    const auto errors = count(Severity::error), warnings = count(Severity::warning);
    const std::string_view colour = errors > 0 ? colours_.red : warnings > 0 ? colours_.yellow : "";
    const std::string_view result = errors > 0 ? "will not start" : "would start";
    return fmt::format("{}{}{}: {}{}{} ({} {}, {} {})\n", colours_.bold,
                       compat::printable(report.name), colours_.off, colour, result,
                       colour.empty() ? "" : colours_.off, errors, errors == 1 ? "error" : "errors",
                       warnings, warnings == 1 ? "warning" : "warnings");
  }

  std::string plan(const Report& report) const {
    std::string out;
    for (const PlanItem& item : report.plan) {
      std::string facts;
      for (const auto& [name, value] : item.facts)
        facts += fmt::format("{}{} {}", facts.empty() ? "" : ", ", name, compat::printable(value));
      out += fmt::format("  {:<13} {}{}{}\n", item.topic, compat::printable(item.subject),
                         facts.empty() ? "" : ": ", facts);
    }
    return out;
  }

  // With its line, as compilers do it.
  std::string whole(const Finding& finding) const {
    const bool error = finding.severity == Severity::error;
    std::string out = "\n" + indented(finding.message, "  ");
    out.insert(3, fmt::format("{}{}{}: {}", error ? colours_.red : colours_.yellow,
                              compat::name_of(finding.severity), colours_.off, place_of(finding)));
    if (!finding.excerpt.empty()) out += indented(finding.excerpt, "      ");
    if (!finding.fix.empty()) {
      out +=
          fmt::format("      {}fix:{} {}", colours_.bold, colours_.off, indented(finding.fix, ""));
    }
    return out;
  }

  template <class F>
  std::string notes(const Report& report, std::string_view title, F&& wanted) const {
    std::string out;
    for (const Finding& finding : report.findings) {
      if (finding.severity != Severity::note || !wanted(finding.code)) continue;
      if (out.empty()) out = fmt::format("\n  {}{}{}\n", colours_.cyan, title, colours_.off);
      std::string line = indented(finding.message, "    ");
      line.insert(4, place_of(finding));
      out += line;
      if (!finding.fix.empty()) out += indented(finding.fix, "      fix: ");
    }
    return out;
  }

  const Colours& colours_;
};

}  // namespace

std::string as_text(const std::vector<Report>& reports, bool coloured) {
  const Text text(coloured ? of_a_terminal : no_colours);
  std::string out;
  for (const Report& report : reports)
    out += (out.empty() ? "" : "\n") + text.of(report);
  return out;
}

}  // namespace reprise::check
