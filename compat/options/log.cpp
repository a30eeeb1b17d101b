#include "compat/builder.hpp"
#include "compat/number.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using process::LogSettings;

LogSettings& log(Builder& b) {
  return b.config.process.log;
}

template <Written LogSettings::*member>
void set_target(Builder& b, const OptionUse& use) {
  log(b).*member = b.written(use);
}

template <bool LogSettings::*member>
void set_flag(Builder& b, const OptionUse& use) {
  log(b).*member = b.flag(use);
}

void set_mode(Builder& b, const OptionUse& use) {
  log(b).mode = b.file_mode(use);
}

// As ctime() prints it.
constexpr char default_date[] = "%a %b %e %H:%M:%S %Y";

void set_date(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const bool just_on =
      !use.value || text.empty() || text == "true" || text == "1" || text == "on" || text == "yes";
  b.config.process.log_date = just_on ? default_date : text;
}

}  // namespace

std::vector<Option> log_options() {
  constexpr auto full = Support::full;
  constexpr auto accepted = Support::accepted;
  constexpr auto none = Argument::none;
  constexpr auto required = Argument::required;
  return {
      {"logto", required, full, "write the log to this file, or to host:port by UDP",
       set_target<&LogSettings::file>},
      {"logto2", required, full, "the same from behind the first lines, owned by uid",
       set_target<&LogSettings::file2>},
      {"daemonize", required, full, "go to the background and log to this file, or host:port",
       set_target<&LogSettings::daemonize>, nullptr, 'd'},
      {"daemonize2", required, full, "the same once everything is bound and loaded",
       set_target<&LogSettings::daemonize2>},
      {"log-truncate", none, full, "empty the log file at the start",
       set_flag<&LogSettings::truncate>},
      {"log-reopen", none, full, "say that a reload opens the log file again",
       set_flag<&LogSettings::reopen>},
      {"logfile-chown", none, full, "the log file is owned by uid and gid",
       set_flag<&LogSettings::owned>},
      {"logfile-chmod", required, full, "rights of the log file: three octal digits", set_mode},
      {"log-maxsize", required, full, "rotate the log file when it has more bytes",
       [](Builder& b, const OptionUse& use) { log(b).max_size = b.unsigned_number(use); }},
      {"log-backupname", required, full, "name of a rotated log file",
       [](Builder& b, const OptionUse& use) { log(b).backup_name = use.text(); }},
      {"logdate", Argument::optional, full, "put the date before each line", set_date},
      {"log-date", Argument::optional, full, "put the date before each line", set_date},
      {"log-prefix", Argument::optional, full, "put the date before each line", set_date},
      {"log-zero", none, Support::ignored, "not in this version"},
      {"log-slow", Argument::required, Support::ignored, "not in this version"},
      {"log-big", Argument::required, Support::ignored, "not in this version"},
      {"log-master", none, accepted, "every process writes whole lines"},
  };
}

}  // namespace reprise::compat
