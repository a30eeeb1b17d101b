#include "compat/plugins.hpp"

#include <algorithm>
#include <iterator>

namespace reprise::compat {
namespace {

constexpr std::string_view built_in[] = {"cache", "corerouter", "http", "python", "rawrouter"};

// Endings like python311's are cut before the search.
constexpr std::string_view others[] = {"airbrake",
                                       "alarm_curl",
                                       "alarm_speech",
                                       "alarm_xmpp",
                                       "asyncio",
                                       "carbon",
                                       "cgi",
                                       "cheaper",
                                       "clock",
                                       "coroae",
                                       "cplusplus",
                                       "curl_cron",
                                       "dumbloop",
                                       "dummy",
                                       "echo",
                                       "emperor",
                                       "fastrouter",
                                       "fiber",
                                       "forkptyrouter",
                                       "gccgo",
                                       "geoip",
                                       "gevent",
                                       "glusterfs",
                                       "graylog",
                                       "greenlet",
                                       "gridfs",
                                       "jvm",
                                       "jwsgi",
                                       "ldap",
                                       "legion_cache_fetch",
                                       "libffi",
                                       "libtcc",
                                       "log",
                                       "logcrypto",
                                       "logfile",
                                       "logpipe",
                                       "logsocket",
                                       "logzmq",
                                       "lua",
                                       "luajit",
                                       "matheval",
                                       "mongodb",
                                       "mongodblog",
                                       "mongrel",
                                       "mono",
                                       "msgpack",
                                       "nagios",
                                       "notfound",
                                       "objc_gc",
                                       "pam",
                                       "php",
                                       "ping",
                                       "psgi",
                                       "pty",
                                       "pyerl",
                                       "pypy",
                                       "rack",
                                       "rados",
                                       "rbthreads",
                                       "redislog",
                                       "ring",
                                       "router",
                                       "rpc",
                                       "rrdtool",
                                       "rsyslog",
                                       "ruby",
                                       "servlet",
                                       "signal",
                                       "spooler",
                                       "sqlite",
                                       "ssi",
                                       "sslrouter",
                                       "stackless",
                                       "stats_pusher",
                                       "symcall",
                                       "syslog",
                                       "systemd_logger",
                                       "tornado",
                                       "transformation",
                                       "tuntap",
                                       "ugreen",
                                       "v",
                                       "webdav",
                                       "wsgi",
                                       "xattr",
                                       "xslt",
                                       "zabbix",
                                       "zergpool"};

// "python311" is a python, "router_rewrite" one of the routers.
bool is_of(std::string_view name, std::string_view family) {
  if (!name.starts_with(family)) return false;
  name.remove_prefix(family.size());
  return name.empty() || name.front() == '_' ||
         name.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_in(std::string_view name, const std::string_view* first, const std::string_view* last) {
  return std::any_of(first, last, [&](std::string_view family) { return is_of(name, family); });
}

}  // namespace

std::vector<std::string> plugin_names(std::string_view value) {
  std::vector<std::string> names;
  while (!value.empty()) {
    const std::size_t comma = std::min(value.find(','), value.size());
    std::string_view name = value.substr(0, comma);
    value.remove_prefix(std::min(comma + 1, value.size()));
    name.remove_prefix(std::min(name.find_first_not_of(" \t\r"), name.size()));
    name = name.substr(0, name.find_last_not_of(" \t\r") + 1);
    name = name.substr(0, name.find('|'));
    name.remove_prefix(name.find(':') + 1);
    name.remove_prefix(name.rfind('/') + 1);
    constexpr std::string_view ending = "_plugin.so";
    if (name.ends_with(ending)) name.remove_suffix(ending.size());
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

std::string name_when_loaded(std::string_view name) {
  return std::string(name.starts_with("python") ? "python" : name);
}

bool is_built_in(std::string_view name) {
  return std::find(std::begin(built_in), std::end(built_in), name) != std::end(built_in);
}

bool is_plugin_of_uwsgi(std::string_view name) {
  return is_in(name, std::begin(built_in), std::end(built_in)) ||
         is_in(name, std::begin(others), std::end(others));
}

}  // namespace reprise::compat
