#include <algorithm>

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

// 0 is the default.
template <seconds router::Settings::*member>
void set_to(Builder& b, int value) {
  b.config.http.*member = value > 0 ? seconds(value) : router::Settings{}.*member;
}

template <seconds router::Settings::*member>
void set_seconds(Builder& b, const OptionUse& use) {
  set_to<member>(b, b.integer(use));
}

// The limit of everything before the request: the TLS handshake has it too.
void set_headers_timeout(Builder& b, const OptionUse& use) {
  const int value = b.integer(use);
  set_to<&router::Settings::headers_timeout>(b, value);
  set_to<&router::Settings::handshake_timeout>(b, value);
}

template <bool router::Settings::*member>
void set_flag(Builder& b, const OptionUse& use) {
  b.config.http.*member = b.flag(use);
}

// ADDR[,PORT]
void add_redirect(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const std::size_t comma = std::min(text.find(','), text.size());
  router::ListenerSettings listener;
  listener.origin = use.place.describe_key("for this listener");
  listener.address = b.address(use, text.substr(0, comma));
  listener.redirect_port = text.substr(std::min(comma + 1, text.size()));
  const std::string& port = *listener.redirect_port;
  if (port.size() > 5 || port.find_first_not_of("0123456789") != std::string::npos) {
    b.fail(use, "invalid http-to-https", "a port expected after the comma: ADDR,PORT");
  }
  b.config.http.listeners.push_back(std::move(listener));
}

template <std::vector<Written> router::Settings::*member>
void add_node(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  (b.config.http.*member).push_back(b.written(use));
}

void set_base(Builder& b, const OptionUse& use) {
  b.config.http.named_nodes = router::NamedNodes{use.text(), ""};
}

void set_pattern(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  const std::size_t place = text.find("%s");
  if (place == std::string::npos) {
    b.fail(use, "invalid http-use-pattern",
           "the path of a unix socket with %s for the host expected, %%s in a file");
  }
  b.config.http.named_nodes = router::NamedNodes{text.substr(0, place), text.substr(place + 2)};
}

// Bare: the first cache.
void set_cache(Builder& b, const OptionUse& use) {
  const bool bare = !use.value || *use.value == "true";
  b.config.http.host_cache = Written{bare ? "" : *use.value, b.written(use).origin};
}

// Bare: the first socket.
void set_own_socket(Builder& b, const OptionUse& use) {
  const bool bare = !use.value || *use.value == "true";
  const std::uint64_t number = bare ? 0 : b.unsigned_number(use);
  b.config.http.own_socket = router::OwnSocket{number, b.written(use).origin};
}

// 1 is what is always done; more: the largest body that may be announced so.
void set_expect(Builder& b, const OptionUse& use) {
  const std::uint64_t value = use.value && *use.value != "true" ? b.unsigned_number(use) : 1;
  b.config.http.max_expected_body = value > 1 ? value : 0;
}

void set_stats(Builder& b, const OptionUse& use) {
  b.address(use, use.text());
  b.config.http.stats = b.written(use);
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
  constexpr auto ignored = Support::ignored;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  static constexpr char not_http[] = "the protocol is not HTTP";
  return {
      {"http", required, full, "add an HTTP listener", add_http},
      {"httprouter", required, full, "add an HTTP listener", add_http},
      {"http-to", required, full, "forward requests to this uwsgi server, in turn with others",
       add_node<&S::upstreams>},
      {"http-fallback", required, full, "a uwsgi server for when another could not be reached",
       add_node<&S::fallbacks>},
      {"http-use-base", required, full, "the unix socket of a host: this text and its name",
       set_base},
      {"http-use-pattern", required, full, "the unix socket of a host: this text, %s its name",
       set_pattern},
      {"http-to-https", required, full, "add a listener that sends everybody to https: ADDR[,PORT]",
       add_redirect},
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
      {"http-raw-body", none, full, "a request without a length has its body until the client ends",
       set_flag<&S::raw_body>},
      {"http-websockets", none, full, "let requests become websockets", set_flag<&S::websockets>},
      {"http-chunked-input", none, full, "pass chunked bodies on undecoded",
       set_flag<&S::chunked_input>},
      {"http-auto-chunked", none, full, "answers without a length are chunked on kept connections",
       set_flag<&S::auto_chunked>},
      {"http-auto-gzip", none, full, "compress answers that say uWSGI-Encoding: gzip",
       set_flag<&S::auto_gzip>},
      {"http-manage-expect", Argument::optional, full,
       "a number above 1: the largest body after Expect: 100-continue", set_expect},
      {"http-server-name-as-http-host", required, full, "SERVER_NAME is the host asked for",
       set_flag<&S::host_as_server_name>},
      {"http-quiet", required, full, "no lines about attempts to connect that failed",
       set_flag<&S::quiet>},
      {"http-stats", required, full, "serve the HTTP router's statistics on this address",
       set_stats},
      {"http-stats-server", required, full, "serve the HTTP router's statistics on this address",
       set_stats},
      {"http-ss", required, full, "serve the HTTP router's statistics on this address", set_stats},
      {"http-events", required, accepted, "the event loop takes what there is"},
      {"http-buffer-size", required, accepted, "buffers are as large as needed, heads bounded"},
      {"http-use-cache", Argument::optional, full, "a cache that has each host's nodes", set_cache},
      {"http-use-socket", Argument::optional, full,
       "forward requests to this socket of our own, by its number", set_own_socket},
      {"http-use-code-string", required, ignored, "routers run no code; http-use-cache may do"},
      {"http-cheap", none, ignored, "while no node is known clients are answered with 503"},
      {"http-resubscribe", required, ignored, "announces are not passed on"},
      {"http-zerg", required, ignored, "listeners are handed over at a reload instead"},
      {"http-harakiri", required, ignored, "every connection has its own limits"},
      {"http-manage-source", none, ignored, not_http},
      {"http-manage-rtsp", none, ignored, not_http},
  };
}

}  // namespace reprise::compat
