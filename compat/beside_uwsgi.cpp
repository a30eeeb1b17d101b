#include "compat/beside_uwsgi.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include <fmt/format.h>

namespace reprise::compat {
namespace {

using Names = std::vector<std::string_view>;

bool is_one_of(std::string_view name, const Names& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// What builds a TLS context, and with it all caches, as soon as it is applied
// (spec/config/config-language.md 9.4).
bool makes_context(std::string_view name) {
  return is_one_of(name, {"https", "https2", "sni", "sni-regexp"});
}

bool is_router(std::string_view name) {
  return is_one_of(name, {"http", "httprouter", "https", "https2", "http-to-https", "rawrouter"});
}

// What makes a master where none is asked for (spec/process/process-model.md 1.1), of the options
// that have a meaning here.
bool forces_master(std::string_view name) {
  if (name.starts_with("stats") || name.starts_with("touch-") || name.starts_with("fs-")) {
    return true;
  }
  return is_one_of(name, {"master", "master-fifo", "cache-store", "cache-udp-server",
                          "cache-udp-node", "log-master", "log-maxsize", "logger", "log-syslog",
                          "cheaper", "cheap", "idle", "py-autoreload", "py-auto-reload",
                          "python-autoreload", "python-auto-reload", "check-interval"});
}

class Comparison {
public:
  Comparison(const std::vector<OptionUse>& uses, const Registry& registry,
             std::vector<Finding>& findings)
      : uses_(uses), registry_(registry), findings_(findings) {}

  void rows() {
    std::set<std::string_view> said;
    for (const OptionUse& use : uses_) {
      const Option& option = *registry_.find(use.name);
      for (const std::string_view text : option.differs)
        if (said.insert(text).second) note(use, Code::differs, text);
      for (const std::string_view text : option.stock)
        if (said.insert(text).second) note(use, Code::stock, text);
    }
  }

  // The default cache takes its nodes when it is made, and that is when a listener wants it.
  void peers_below_their_listener() {
    bool wanted = false;
    const OptionUse* maker = nullptr;
    for (const OptionUse& use : uses_) {
      if (use.name.starts_with("ssl-session") && use.name.ends_with("use-cache")) wanted = true;
      if (makes_context(use.name) && wanted && maker == nullptr) maker = &use;
      const bool of_default = is_one_of(use.name, {"cache-udp-server", "cache-udp-node"});
      if (maker == nullptr || !of_default) continue;
      note(use, Code::stock,
           fmt::format("uWSGI with a session cache leaves it out, without a word: the cache was "
                       "made by the {} of line {}",
                       maker->name, maker->place.key.line));
    }
  }

  void term() {
    if (first("die-on-term") != nullptr || uses_.empty()) return;
    add(Code::stock, "SIGTERM reloads uWSGI, it does not stop it",
        "die-on-term = true, if init scripts or supervisors send it");
  }

  void no_master() {
    const OptionUse* router = nullptr;
    for (const OptionUse& use : uses_) {
      if (forces_master(use.name)) return;
      if (router == nullptr && is_router(use.name)) router = &use;
    }
    if (router == nullptr) return;
    note(*router, Code::stock,
         "without master = true uWSGI's routers are not started again, and end at once if there is "
         "no application; caches have no sweeper and no peers");
  }

  // Debian's uWSGI has its plugins apart.
  void plugins() {
    std::string named;
    for (const OptionUse& use : uses_) {
      if (use.name.find("plugin") != std::string::npos) named += "," + use.text();
    }
    std::map<std::string_view, Missing> missing;
    for (const OptionUse& use : uses_) {
      const std::string_view source = registry_.find(use.name)->source;
      if (!source.starts_with("plugin ")) continue;
      const std::string_view plugin = source.substr(source.find(' ') + 1);
      if (named.find("," + std::string(plugin)) != std::string::npos) continue;
      Missing& known_by = missing.try_emplace(plugin, Missing{&use, {}}).first->second;
      if (!is_one_of(use.name, known_by.names)) known_by.names.push_back(use.name);
    }
    for (const auto& [plugin, known_by] : missing) {
      findings_.push_back(finding_at(
          *known_by.first, Severity::note, Code::stock,
          fmt::format("Debian's uWSGI does not know {} without plugins = {}",
                      fmt::join(known_by.names, ", "), plugin == "python" ? "python3" : plugin)));
    }
  }

private:
  // What only a plugin knows.
  struct Missing {
    const OptionUse* first;
    Names names;
  };

  const OptionUse* first(std::string_view name) const {
    const auto found =
        std::find_if(uses_.begin(), uses_.end(), [&](const auto& use) { return use.name == name; });
    return found == uses_.end() ? nullptr : &*found;
  }
  void note(const OptionUse& use, Code code, std::string_view text) {
    findings_.push_back(
        finding_at(use, Severity::note, code, fmt::format("{}: {}", use.name, text)));
  }
  void add(Code code, std::string_view text, std::string_view fix) {
    findings_.push_back(finding_at(std::string_view(), Severity::note, code, text, fix));
  }

  const std::vector<OptionUse>& uses_;
  const Registry& registry_;
  std::vector<Finding>& findings_;
};

}  // namespace

void compare_with_uwsgi(const std::vector<OptionUse>& uses, const Registry& registry,
                        std::vector<Finding>& findings) {
  Comparison comparison(uses, registry, findings);
  comparison.rows();
  comparison.peers_below_their_listener();
  comparison.term();
  comparison.no_master();
  comparison.plugins();
}

}  // namespace reprise::compat
