// Exceptions as text for the log. What they say may come from a client, and must not pass for lines
// of the log's own.
#include <fmt/format.h>

#include "python/host.hpp"

namespace reprise::python {
namespace {

constexpr std::size_t longest = 16384;
constexpr std::string_view cut_mark = "\n  [...] ";
constexpr std::string_view indent = "    ";

bool is_bare(char c) {
  return c != ' ' && c != '\n';
}

// One of the pieces that Python makes a traceback of; `bare`: its first line may be one that stands
// at the margin. All others are indented.
void append(std::string& out, std::string_view piece, bool bare) {
  bool at_begin = true;
  for (const char c : piece) {
    if (at_begin && is_bare(c)) {
      if (!bare) out += indent;
      bare = false;
    }
    at_begin = c == '\n';
    if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
}

std::string text_of(const py::error_already_set& error) {
  const py::object format = py::module_::import("traceback").attr("format_exception");
  const py::object trace = error.trace() ? error.trace() : py::object(py::none());
  std::string text;
  bool bare = true;
  for (const py::handle each : format(error.type(), error.value(), trace)) {
    const auto piece = each.attr("encode")("utf-8", "backslashreplace").cast<std::string>();
    append(text, piece, bare);
    bare = !piece.empty() && !is_bare(piece.front());  // a note follows the exception's own line
  }
  return text;
}

}  // namespace

std::string describe(const py::error_already_set& error) {
  try {
    std::string text = text_of(error);
    while (!text.empty() && text.back() == '\n')
      text.pop_back();
    if (text.size() > longest) {
      text.replace(longest / 2, text.size() - longest, cut_mark);
    }
    return text;
  } catch (const std::exception&) {
    return "an exception that cannot be printed";
  }
}

}  // namespace reprise::python
