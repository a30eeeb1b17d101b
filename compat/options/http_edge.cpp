// What the HTTP router can do and uWSGI's can not: limits, and who stands in front of it.
#include "compat/builder.hpp"
#include "compat/options/registry.hpp"
#include "router/address_range.hpp"

namespace reprise::compat {
namespace {

using router::Forwarding;
using Http = router::Settings;

constexpr int largest_head = 65536;  // what a buffer holds
constexpr int most = 1'000'000'000;

template <bool Http::*member>
void set_flag(Builder& b, const OptionUse& use) {
  b.config.http.*member = b.flag(use);
}

template <std::size_t Http::*member, int least, int largest>
void set_size(Builder& b, const OptionUse& use) {
  b.config.http.*member = static_cast<std::size_t>(b.integer_up_to(use, least, largest));
}

template <std::uint64_t Http::*member>
void set_bytes(Builder& b, const OptionUse& use) {
  b.config.http.*member = b.unsigned_number(use);
}

template <int Http::*member>
void set_count(Builder& b, const OptionUse& use) {
  b.config.http.*member = b.integer_up_to(use, 0, most);
}

template <Forwarding Http::*member>
void set_forwarding(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  if (text == "add") {
    b.config.http.*member = Forwarding::add;
  } else if (text == "replace") {
    b.config.http.*member = Forwarding::replace;
  } else if (text == "off") {
    b.config.http.*member = Forwarding::off;
  } else {
    b.fail(use, "invalid value for option \"" + use.name + "\"", "add, replace or off expected");
  }
}

void set_access_format(Builder& b, const OptionUse& use) {
  const std::string& text = use.text();
  if (text != "uwsgi" && text != "json") {
    b.fail(use, "invalid value for option \"" + use.name + "\"", "uwsgi or json expected");
  }
  b.config.http.access_log.format =
      text == "json" ? router::AccessFormat::json : router::AccessFormat::uwsgi;
}

void set_backend_http(Builder& b, const OptionUse& use) {
  b.config.http.backend_http.wanted = b.flag(use);
  b.config.http.backend_http.origin = b.written(use).origin;
}

void set_backend_keepalive(Builder& b, const OptionUse& use) {
  constexpr int most_kept = 1024;
  b.config.http.backend_http.kept = b.integer_up_to(use, 0, most_kept);
  b.config.http.backend_http.kept_origin = b.written(use).origin;
}

void set_backend_idle(Builder& b, const OptionUse& use) {
  constexpr int longest = 86400;
  b.config.http.backend_http.idle = std::chrono::seconds(b.integer_up_to(use, 1, longest));
}

void add_proxies(Builder& b, const OptionUse& use) {
  b.add_ranges(use, b.config.http.proxy_sources);
}

void want_proxy_protocol(Builder& b, const OptionUse& use) {
  b.proxy_protocol = b.flag(use) ? &use : nullptr;
}

}  // namespace

std::vector<Option> http_edge_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  constexpr auto none = Argument::none;
  constexpr auto optional = Argument::optional;
  return {
      {"http-max-head", required, full, "bytes of a request head",
       set_size<&Http::max_head, 256, largest_head>},
      {"http-max-headers", required, full, "fields of a request head",
       set_size<&Http::max_fields, 1, 10000>},
      {"http-max-response-head", required, full, "bytes of an answer's head",
       set_size<&Http::max_response_head, 256, largest_head>},
      {"http-max-body", required, full, "bytes of a request body; 0: any number",
       set_bytes<&Http::max_body>},
      {"http-max-chunked-body", required, full, "bytes of a chunked request body",
       set_bytes<&Http::max_chunked_body>},
      {"http-max-kept-bodies", required, full,
       "bytes of all chunked request bodies in each process; 0: any number",
       set_bytes<&Http::max_kept_bodies>},
      {"http-body-timeout", required, full, "seconds for a whole request body; 0: any number",
       [](Builder& b, const OptionUse& use) {
         b.config.http.body_timeout = std::chrono::seconds(b.integer(use));
       }},
      {"http-drain-timeout", required, full,
       "seconds that requests under way have at a stop or a reload",
       [](Builder& b, const OptionUse& use) {
         b.config.http.drain_timeout = std::chrono::seconds(b.integer(use));
       }},
      {"http-max-connections", required, full,
       "connections of one address to each process; 0: any number",
       set_count<&Http::max_connections>},
      {"http-max-requests", required, full, "requests of one connection; 0: any number",
       set_count<&Http::max_requests>},
      {"http-access-log", required, full,
       "a line for every request to this file, stdout, syslog or syslog:SOCKET",
       [](Builder& b, const OptionUse& use) { b.config.http.access_log.target = b.written(use); }},
      {"http-access-log-format", required, full, "uwsgi or json", set_access_format},
      {"http-bare-close", none, full, "close without an answer where uWSGI does",
       set_flag<&Http::bare_close>},
      {"http-x-forwarded-for", required, full, "add or replace X-Forwarded-For",
       set_forwarding<&Http::x_forwarded_for>},
      {"http-x-forwarded-proto", required, full, "add or replace X-Forwarded-Proto",
       set_forwarding<&Http::x_forwarded_proto>},
      {"http-forwarded", required, full, "add or replace Forwarded (RFC 7239)",
       set_forwarding<&Http::forwarded>},
      {"http-backend-http", none, full, "ask all backends in HTTP/1.1, not in the uwsgi protocol",
       set_backend_http},
      {"http-backend-keepalive", required, full,
       "idle connections to each HTTP backend that each process keeps; 0: none",
       set_backend_keepalive},
      {"http-backend-idle", required, full, "seconds that an idle connection to one is kept",
       set_backend_idle},
      {"http-proxy-protocol-from", required, full,
       "addresses whose connections begin with a PROXY header of version 1 or 2", add_proxies},
      {"http-enable-proxy-protocol", optional, full, "needs http-proxy-protocol-from",
       want_proxy_protocol},
      {"enable-proxy-protocol", none, full, "needs http-proxy-protocol-from", want_proxy_protocol},
  };
}

}  // namespace reprise::compat
