#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "compat/finding.hpp"
#include "config/config.hpp"

namespace reprise::compat {

// What the command line asked for besides serving.
enum class Action { serve, print_and_exit, stop, reload, pause, connect_and_read };

struct Loaded {
  Action action = Action::serve;
  int status = 0;       // print_and_exit: of the process
  std::string text;     // for standard output, whatever the action
  std::string subject;  // stop, reload, pause: the pid file; connect_and_read: the address
  config::Config config;
  std::string as_ini;                 // every option with its value, as SIGUSR1 prints them
  std::vector<std::string> messages;  // lines to log in order: "[uWSGI] getting INI …", warnings
  std::string fallback;               // the file to start with if this fails, or empty
  std::vector<Finding> findings;      // the warnings of `messages`, and remarks
};

// A mistake in the configuration: a text for the user, many lines, with file:line:column, the line
// and a caret where there is one, and what to write instead. `messages` is what to log before it.
class ConfigurationError : public std::runtime_error {
public:
  ConfigurationError(const std::string& text, std::vector<std::string> messages_before = {})
      : std::runtime_error(text), messages(std::move(messages_before)) {}
  std::vector<std::string> messages;
  std::string output;    // for standard output, before the mistake was met
  std::string fallback;  // as in Loaded
  Code code = Code::reading;
};

// Reads the command line and every file it names. Touches nothing but the files (no sockets, no
// certificates). Throws ConfigurationError.
Loaded load(const std::vector<std::string>& arguments);

class FileReader;

// The same with files and an environment (NAME=VALUE) of the caller's.
Loaded load(const std::vector<std::string>& arguments, const FileReader& files,
            const std::vector<std::string>& environment);

// For a check: the same walk, which goes on after a mistake where it can. What load() throws is an
// error among the findings here, and `config` is what the options come to that could be applied.
// The findings also tell what differs from uWSGI, and what uWSGI as it is shipped does with them.
Loaded load_all(const std::vector<std::string>& arguments, const FileReader& files,
                const std::vector<std::string>& environment);

// The entries of this process's environment.
std::vector<std::string> environment();

inline constexpr char version[] = "2.0.21-reprise";

}  // namespace reprise::compat
