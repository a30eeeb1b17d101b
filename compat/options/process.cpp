#include <algorithm>
#include <array>

#include "compat/builder.hpp"
#include "compat/option_list.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using process::Settings;

template <Written Settings::*member>
void set_written(Builder& b, const OptionUse& use) {
  b.config.process.*member = b.written(use);
}

template <bool Settings::*member>
void set_flag(Builder& b, const OptionUse& use) {
  b.config.process.*member = b.flag(use);
}

template <std::string Settings::*member>
void set_title(Builder& b, const OptionUse& use) {
  b.config.process.*member = use.text();
  b.config.process.auto_procname = true;
}

// Adds a file to a list.
template <std::vector<Written> Settings::*member>
void add_written(Builder& b, const OptionUse& use) {
  (b.config.process.*member).push_back(b.written(use));
}

// Adds a file that orders something when it is touched.
template <process::Order order>
void add_touch(Builder& b, const OptionUse& use) {
  b.config.process.touches.push_back({b.written(use), order});
}

// The last of each name counts.
template <char const* name>
void set_pidfile(Builder& b, const OptionUse& use) {
  auto& all = b.config.process.pidfiles;
  std::erase_if(all, [](const Settings::Pidfile& file) { return file.name == name; });
  all.push_back({b.written(use), name});
}

constexpr char pidfile[] = "pidfile";
constexpr char pidfile2[] = "pidfile2";
constexpr char safe_pidfile[] = "safe pidfile";
constexpr char safe_pidfile2[] = "safe pidfile2";

// `socket` means something with one of them.
void note_plugins(Builder& b, const OptionUse& use) {
  for (std::string_view rest = use.text(); !rest.empty();) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    if (rest.substr(0, comma) == "cache") b.has_cache_plugin = true;
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
}

// Names that nobody knows are said, or refused, when they are read.
void read_plugins(OptionList& list, const OptionUse& use) {
  list.add_plugins(use);
}

void set_mercy(Builder& b, const OptionUse& use) {
  const int seconds = b.integer(use);
  if (seconds > 0) b.config.process.reload_mercy = std::chrono::seconds(seconds);
}

template <int Settings::*member>
void set_number(Builder& b, const OptionUse& use) {
  b.config.process.*member = b.integer(use);
}

void set_umask(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  if (text.empty() || text.size() > 4 || text.find_first_not_of("01234567") != std::string::npos) {
    b.fail(use, "invalid umask: " + text, "octal digits expected, e.g. 022");
  }
  b.config.process.umask = static_cast<mode_t>(std::stoul(text, nullptr, 8));
}

void set_socket_mode(Builder& b, const OptionUse& use) {
  constexpr mode_t for_everybody = 0666;
  const bool bare = !use.value || use.text() == "1" || use.text() == "true";
  if (bare) b.remark(use, "chmod() socket to 666 for lazy and brave users");
  b.config.process.socket_mode = bare ? for_everybody : b.file_mode(use);
}

template <bool deferred>
void share(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  if (use.text().starts_with('=')) {
    b.fail(use, "a shared socket needs an address of its own", "host:port, or a path, expected");
  }
  b.config.process.shared_sockets.push_back({b.written(use), deferred});
}

}  // namespace

std::vector<Option> process_options() {
  constexpr auto full = Support::full;
  constexpr auto accepted = Support::accepted;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  constexpr auto optional = Argument::optional;
  static constexpr char fast_open[] = "data in the first packet of a connection, a queue so long";
  static constexpr char no_blocking[] = "no process waits in a write";
  static constexpr char chmod[] = "rights of unix sockets: three octal digits; bare: 666";
  static constexpr char built_in[] = "what there is, is built in";
  return {
      {"die-on-term", none, full, "SIGTERM stops instead of reloading",
       set_flag<&Settings::die_on_term>},
      {"vacuum", none, full, "remove unix sockets and the pidfile at the end",
       set_flag<&Settings::vacuum>},
      {"pidfile", required, full, "write the master's pid to this file", set_pidfile<pidfile>},
      {"pidfile2", required, full, "write the master's pid to this file", set_pidfile<pidfile2>},
      {"safe-pidfile", required, full, "write the master's pid to this file",
       set_pidfile<safe_pidfile>},
      {"safe-pidfile2", required, full, "write the master's pid to this file",
       set_pidfile<safe_pidfile2>},
      {"master-fifo", required, full, "a fifo that takes orders, by letters",
       add_written<&Settings::fifos>},
      {"touch-reload", required, full, "reload when this file changes",
       add_touch<process::Order::reload>},
      {"touch-workers-reload", required, full,
       "replace the workers of applications when this file changes",
       add_touch<process::Order::reload_workers>},
      {"touch-chain-reload", required, full,
       "replace the workers of applications one after the other when this file changes",
       add_touch<process::Order::chain_reload>},
      {"touch-logreopen", required, full, "open the log file again when this file changes",
       add_touch<process::Order::reopen_log>},
      {"touch-logrotate", required, full, "rotate the log file when this file changes",
       add_touch<process::Order::rotate_log>},
      {"uid", required, full, "user of the processes that serve", set_written<&Settings::uid>},
      {"gid", required, full, "group of the processes that serve", set_written<&Settings::gid>},
      {"chdir", required, full, "directory of the processes", set_written<&Settings::chdir>},
      {"listen", required, full, "length of the queues of the listeners",
       [](Builder& b, const OptionUse& use) {
         const int queue = b.integer(use);
         if (queue <= 0) return;
         b.config.process.listen_backlog = queue;
         b.config.process.listen_origin = use.place.describe_key("for this option");
       },
       nullptr, 'l'},
      {"socket-timeout", required, full, "seconds that the kernel may hold silent connections back",
       [](Builder& b, const OptionUse& use) { b.config.process.socket_timeout = b.integer(use); },
       nullptr, 'z'},
      {"no-defer-accept", none, full, "take connections before their first byte has come",
       [](Builder& b, const OptionUse& use) { b.config.process.defer_accept = !b.flag(use); }},
      {"reuse-port", none, full, "SO_REUSEPORT on the listeners", set_flag<&Settings::reuse_port>},
      {"freebind", none, full, "IP_FREEBIND on the listeners", set_flag<&Settings::freebind>},
      {"worker-reload-mercy", required, full, "seconds that old workers may take after a reload",
       set_mercy},
      {"so-keepalive", none, full, "SO_KEEPALIVE on the connections",
       set_flag<&Settings::keepalive>},
      {"socket-sndbuf", required, full, "SO_SNDBUF of the connections, in bytes",
       set_number<&Settings::send_buffer>},
      {"socket-rcvbuf", required, full, "SO_RCVBUF of the connections, in bytes",
       set_number<&Settings::receive_buffer>},
      {"tcp-fast-open", required, full, fast_open, set_number<&Settings::fast_open>},
      {"tcp-fastopen", required, full, fast_open, set_number<&Settings::fast_open>},
      {"tcp-nodelay", none, accepted, "it is always on"},
      {"so-send-timeout", none, accepted, no_blocking},
      {"socket-send-timeout", none, accepted, no_blocking},
      {"so-write-timeout", none, accepted, no_blocking},
      {"socket-write-timeout", none, accepted, no_blocking},
      {"umask", required, full, "rights that files are made without, in octal", set_umask},
      {"chmod-socket", optional, full, chmod, set_socket_mode, nullptr, 'C'},
      {"chmod", optional, full, chmod, set_socket_mode},
      {"chown-socket", required, full, "owner of unix sockets: user, or user:group",
       set_written<&Settings::socket_owner>},
      {"shared-socket", required, full, "an address that =0, =1 … stand for", share<true>},
      {"undeferred-shared-socket", required, full, "the same, its connections not held back",
       share<false>},
      {"add-gid", required, full, "one more group of the processes that serve",
       add_written<&Settings::more_gids>},
      {"no-initgroups", none, full, "the user's own groups are left out",
       [](Builder& b, const OptionUse& use) { b.config.process.users_groups = !b.flag(use); }},
      {"procname-append", required, full, "put behind the titles",
       set_title<&Settings::procname_append>},
      {"auto-procname", none, full, "titles that say what a process is",
       set_flag<&Settings::auto_procname>},
      {"procname-prefix", required, full, "put before the titles",
       set_title<&Settings::procname_prefix>},
      {"procname-prefix-spaced", required, full, "put before the titles, with a blank",
       [](Builder& b, const OptionUse& use) {
         b.config.process.procname_prefix = use.text() + " ";
         b.config.process.auto_procname = true;
       }},
      {"procname", required, full, "title of all processes", set_title<&Settings::procname>},
      {"procname-master", required, full, "title of the master",
       set_title<&Settings::procname_master>},
      {"master", none, accepted, "there is always a master", nullptr, nullptr, 'M'},
      {"no-orphans", none, accepted, "processes always end with their master"},
      {"master-as-root", none, accepted, "the master keeps its rights, the others drop them"},
      {"thunder-lock", none, accepted, "nothing to serialise"},
      {"plugin", required, accepted, built_in, note_plugins, read_plugins},
      {"plugins", required, accepted, built_in, note_plugins, read_plugins},
      {"need-plugin", required, accepted, built_in, note_plugins, read_plugins},
      {"need-plugins", required, accepted, built_in, note_plugins, read_plugins},
      {"plugin-dir", required, accepted, built_in},
      {"plugins-dir", required, accepted, built_in},
      {"autoload", none, accepted, built_in},
  };
}

}  // namespace reprise::compat
