#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "compat/option_use.hpp"

namespace reprise::compat {

enum class Severity {
  note,     // good to know
  warning,  // somebody should do something about it
  error,    // the start would fail
};

// What a finding is about. The names are for scripts, and stay: README.md has the table.
enum class Code {
  reading,      // a file, its blocks or an expansion
  value,        // what an option says
  refused,      // an option that is not supported and cannot be left out
  no_effect,    // an option that does nothing here and something in uWSGI
  needless,     // an option that is met anyway
  unknown,      // a name that no option has
  order,        // a line that its place makes ineffective
  whole,        // what the options come to together
  file,         // cannot be read, or not be written
  store,        // of a cache
  certificate,  // cannot be used
  expiry,       // of a certificate: over, soon over, or not begun
  address,      // none, or one that cannot be bound
  name,         // of a host
  account,      // user or group
  peers,        // nodes that will not share their sessions
  ssl_option,   // bits that mean another thing in this OpenSSL
  unchecked,    // what the check cannot tell, or did to tell it
  differs,      // from uWSGI, on purpose
  stock,        // what uWSGI as it is shipped today does with the file
};

std::string_view name_of(Severity severity);
std::string_view name_of(Code code);

// One thing that a check has to say about a configuration.
struct Finding {
  Severity severity = Severity::note;
  Code code = Code::whole;
  std::string message;
  std::string fix;  // what to do about it, or empty
  // Where: an empty name is nowhere in particular.
  std::string file;
  std::size_t line = 0;
  std::size_t column = 0;  // in bytes, from 1
  std::string excerpt;     // the line and a caret below it, or empty

  bool operator==(const Finding&) const = default;
};

// Of an option: the place is its key.
Finding finding_at(const OptionUse& use, Severity severity, Code code, std::string_view message,
                   std::string_view fix = {});

// Of a text for users: words, and maybe a place, a line and a caret below them. What stands behind
// the place is the fix.
Finding finding_of(Severity severity, Code code, std::string_view text);

// The same for words whose place is told apart (Written::origin).
Finding finding_at(std::string_view origin, Severity severity, Code code, std::string_view message,
                   std::string_view fix = {});

}  // namespace reprise::compat
