#include "compat/builder.hpp"
#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

using std::chrono::seconds;

constexpr int max_processes = 64;  // of all routers, as in uWSGI

void add_http(Builder& b, const OptionUse& use) {
  b.add_plain_listener(use);
}

void set_processes(Builder& b, const OptionUse& use) {
  b.config.http.processes = std::max(1, b.integer_up_to(use, 0, max_processes));
}

void add_variable(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) {
    b.warn(use, "http-var without '=' has no effect, KEY=VALUE expected");
  } else {
    b.config.http.variables.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
}

// 0 off, 1 on, more: on, and that many seconds between requests. Unlike in uWSGI, `true` is on.
void set_keepalive(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const bool number = !text.empty() && text.front() >= '0' && text.front() <= '9';
  const int value = number ? b.integer(use) : static_cast<int>(b.flag(use));
  b.config.http.keepalive = value > 0;
  b.config.http.keepalive_timeout = seconds(value > 1 ? value : 0);
}

// The limit of everything before the request: the TLS handshake has it too.
void set_headers_timeout(Builder& b, const OptionUse& use) {
  const int value = b.integer(use);
  if (value == 0) return;
  b.config.http.headers_timeout = seconds(value);
  b.config.http.handshake_timeout = seconds(value);
}

template <seconds router::Settings::*member>
void set_seconds(Builder& b, const OptionUse& use) {
  const int value = b.integer(use);
  if (value > 0) b.config.http.*member = seconds(value);
}

template <int router::Settings::*member>
void set_modifier(Builder& b, const OptionUse& use) {
  b.config.http.*member = b.integer_up_to(use, 0, 255);
}

}  // namespace

std::vector<Option> http_options() {
  using S = router::Settings;
  constexpr auto full = Support::full;
  constexpr auto accepted = Support::accepted;
  constexpr auto required = Argument::required;
  return {
      {"http", required, full, "add an HTTP listener", add_http},
      {"httprouter", required, full, "add an HTTP listener", add_http},
      {"http-to", required, full, "forward requests to this uwsgi server, in turn with others",
       [](Builder& b, const OptionUse& use) {
         b.address(use, use.text());
         b.config.http.upstreams.push_back(b.written(use));
       }},
      {"http-processes", required, full, "number of router processes", set_processes},
      {"http-workers", required, full, "number of router processes", set_processes},
      {"http-modifier1", required, full, "modifier1 of the packets", set_modifier<&S::modifier1>},
      {"http-modifier2", required, full, "modifier2 of the packets", set_modifier<&S::modifier2>},
      {"http-var", required, full, "add KEY=VALUE to every request", add_variable},
      {"http-timeout", required, full, "seconds without progress that end a connection",
       set_seconds<&S::timeout>},
      {"http-headers-timeout", required, full, "seconds for a whole request head",
       set_headers_timeout},
      {"http-connect-timeout", required, full, "seconds for connecting to a backend",
       set_seconds<&S::connect_timeout>},
      {"http-gracetime", required, full, "seconds that a failed backend is left alone",
       set_seconds<&S::gracetime>},
      {"http-keepalive", Argument::optional, full,
       "keep connections for more requests; a number above 1: seconds between them", set_keepalive},
      {"http-events", required, accepted, "the event loop takes what there is"},
      {"http-buffer-size", required, accepted, "buffers are as large as needed, heads bounded"},
      {"http-quiet", required, accepted, "failures are logged at a bounded rate"},
  };
}

}  // namespace reprise::compat
