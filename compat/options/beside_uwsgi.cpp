// Options beside uWSGI's: where each comes from, what is different here on purpose, and what uWSGI
// as it is shipped today makes of it. Rows of the one table (registry.hpp), told by --check and
// --explain; ../README.md has the differences that no option stands for.
#include <string_view>

#include "compat/options/registry.hpp"

namespace reprise::compat {
namespace {

// clang-format off
constexpr OptionRemark differences[] = {
    {"cache-udp-server cache-udp-node", "it belongs to the default cache wherever it stands; uWSGI leaves it out below https"},
    {"cache-udp-server", "an address in use is an error, and host names are resolved; uWSGI listens nowhere, or takes the port from another"},
    {"cache-sync", "every record of a copy is checked; without any neighbour the node starts all the same; all of several are asked in turn"},
    {"multicast-ttl multicast-loop", "it does what it says; uWSGI does nothing with it"},
    {"cache cache2", "a full session cache makes room, expired items are never found, and a reload keeps what is there"},
    {"cache2", "a boolean key given as 0 is warned of; as in uWSGI it is on"},
    {"cache-store", "a store has checksums and a lock, and comes back whole; uWSGI's own stores do not fit"},
    {"cache-store-sync", "write-outs really begin; without it, one at the start"},
    {"add-cache-item load-file-in-cache load-file-in-cache-gzip", "it replaces what a store has under its key"},
    {"ssl-sessions-use-cache ssl-session-use-cache", "false is off; uWSGI looks for a cache of that name"},
    {"ssl-sessions-timeout ssl-session-timeout", "0 is 7200 seconds, and 604800 the most; a chain of renewals ends with the first handshake's time"},
    {"https-session-context", "of any length; uWSGI uses none if it has more than 32 bytes"},
    {"https https2", "X25519, P-256 and P-384 instead of P-256 alone; no TLS below 1.2 without ssl-enable-tlsv1; sessions stay when a client just goes away; plain HTTP gets a readable 400"},
    {"sni sni-regexp", "names are compared without their case, and each brings its whole policy; a session is bound to it"},
    {"sni-dir", "files are read again when they have changed, by the user that serves"},
    {"ssl-enable-tlsv1", "it is for TLS 1.1 too"},
    {"http https", "bad requests and failed backends are answered (400 to 504); heads are checked strictly; http-bare-close brings the silence back"},
    {"http-to", "names are resolved at the start and again; the end of an answer is where its length says"},
    {"http-fallback", "it is asked too when all others are left alone"},
    {"http-use-base http-use-pattern", "hosts that are no plain names are refused (503)"},
    {"http-keepalive", "bare or true it is on; uWSGI takes that for 0"},
    {"http-headers-timeout", "it is for the whole head, and for the TLS handshake"},
    {"http-manage-expect", "100 is always said; a number above 1 still bounds the body"},
    {"http-websockets", "an Upgrade needs all of RFC 6455; other protocols are left out"},
    {"http-chunked-input", "broken chunks are a 400"},
    {"http-raw-body", "it is for requests without a length"},
    {"http-auto-chunked http-auto-gzip", "not for answers without a body, nor for clients that do not take it"},
    {"http-enable-proxy-protocol enable-proxy-protocol", "it needs http-proxy-protocol-from: uWSGI believes everybody"},
    {"rawrouter", "the end of one direction leaves the other open; connections go on through a reload"},
    {"rawrouter-to", "a node that does not answer is passed over after rawrouter-connect-timeout; names and IPv6 too"},
    {"rawrouter-fallback", "it is asked too when all nodes are left alone"},
    {"rawrouter-xclient", "the client's own bytes come after it"},
    {"rawrouter-stats rawrouter-stats-server rawrouter-ss", "sums of all workers, with more fields at the end"},
    {"stats stats-server", "many clients at a time, always valid JSON, with more fields before sockets"},
    {"die-on-term", "without it SIGTERM reloads, but stops as pid 1 and under systemd's notify socket"},
    {"uid", "without gid it takes the user's own group; uWSGI keeps group 0"},
    {"daemonize", "the umask stays, and the first process waits until the service is there"},
    {"vacuum", "it removes the pid file also of a service with uid"},
    {"master-fifo", "it never takes the place of another file; the letters of mules, spoolers and W order nothing"},
    {"socket uwsgi-socket http-socket stats http https rawrouter", "an address that does not resolve is an error; uWSGI binds another one"},
    {"wsgi module wsgi-file file mount", "applications are loaded by a process of their own, which Python is in alone"},
    {"module wsgi wsgi-file file", "an exception is a 500 with a traceback in the log; uWSGI closes the connection"},
    {"need-app", "after a reload an application that fails is tried again"},
    {"mount", "all mount points share one interpreter"},
    {"http-socket", "bad and large requests are answered"},
    {"limit-post", "chunked bodies count too"},
    {"post-buffering", "without limit-post bodies have 64 MiB at most"},
    {"harakiri", "the upload of a body that post-buffering keeps does not count"},
    {"catch-exceptions", "clients see the traceback alone, no variables"},
    {"need-plugin need-plugins", "it does not fail for what is there already"},
    {"strict", "every name of uWSGI is known, whatever plugins are loaded"},
    {"show-config", "it comes before the options are applied, so also if one is wrong"},
};

constexpr OptionRemark stock[] = {
    {"ssl-sessions-use-cache ssl-session-use-cache", "unknown in every build with OpenSSL 1.1 or later, Debian's too: in a file nothing says so, and no session is shared; as a flag or with strict the start fails"},
    {"ssl-sessions-timeout ssl-session-timeout", "unknown in every build with OpenSSL 1.1 or later"},
    {"http-keepalive", "bare or true it is off"},
    {"rawrouter-subscription-slot", "without effect"},
    {"multicast-ttl multicast-loop", "without effect"},
};


// Of names that nothing is said of: uWSGI's core, or the router that they begin with.
constexpr OptionRemark sources[] = {
    {"explain cache-mlock cache-sync-timeout cache-tcp-server multicast-interface "
     "ssl-sessions-openssl10 ssl-sessions-share-client-certs ssl-sessions-tickets http-access-log "
     "http-access-log-format http-bare-close http-body-timeout http-forwarded http-max-body "
     "http-max-chunked-body http-max-connections http-max-head http-max-headers "
     "http-max-kept-bodies http-max-requests http-max-response-head http-proxy-protocol-from "
     "http-x-forwarded-for http-x-forwarded-proto rawrouter-connect-timeout "
     "rawrouter-proxy-protocol subscriptions-from http-drain-timeout cache-udp-secret "
     "cache-udp-cipher cache-node-id ssl-sessions-pull cache-udp-repair-rate ssl-sessions-store "
     "ssl-sessions-store-timeout ssl-sessions-store-secret ssl-sessions-store-prefix "
     "ssl-sessions-store-plain "
     "http-backend-http http-backend-keepalive http-backend-idle udprepeater udprepeater-to "
     "udprepeater-subscription-server udprepeater-processes udprepeater-stats udprepeater-trust",
     own_source},
    {"http httprouter https https2 https-export-cert https-session-context http-to-https "
     "http-processes http-workers http-var http-to http-zerg http-fallback http-modifier1 "
     "http-modifier2 http-use-cache http-use-pattern http-use-base http-events "
     "http-subscription-server http-subscription-fallback-key http-timeout http-manage-expect "
     "http-keepalive http-auto-chunked http-auto-gzip http-raw-body http-websockets "
     "http-chunked-input http-use-code-string http-use-socket http-gracetime http-quiet http-cheap "
     "http-stats http-stats-server http-ss http-harakiri http-stud-prefix http-uid http-gid "
     "http-resubscribe http-buffer-size http-server-name-as-http-host http-headers-timeout "
     "http-connect-timeout http-manage-source http-manage-rtsp http-enable-proxy-protocol",
     "plugin http"},
    {"wsgi-file file eval module wsgi callable test home virtualenv venv pyhome py-programname "
     "py-program-name pythonpath python-path pp pymodule-alias post-pymodule-alias import pyimport "
     "py-import python-import shared-import shared-pyimport shared-py-import shared-python-import "
     "spooler-import spooler-pyimport spooler-py-import spooler-python-import pyargv optimize pecan "
     "paste paste-logger web3 pump wsgi-lite ini-paste ini-paste-logged reload-os-env no-site "
     "pyshell pyshell-oneshot python py pyrun py-tracebacker py-auto-reload py-autoreload "
     "python-auto-reload python-autoreload py-auto-reload-ignore wsgi-env-behaviour "
     "wsgi-env-behavior start_response-nodelay wsgi-strict wsgi-accept-buffer wsgi-accept-buffers "
     "wsgi-disable-file-wrapper python-version python-raw py-sharedarea py-call-osafterfork "
     "py-call-uwsgi-fork-hooks python-worker-override py-executable py-sys-executable",
     "plugin python"},
};
// clang-format on

template <std::size_t size>
std::vector<OptionRemark> list(const OptionRemark (&rows)[size]) {
  return {std::begin(rows), std::end(rows)};
}

}  // namespace

std::vector<OptionRemark> option_differences() {
  return list(differences);
}

std::vector<OptionRemark> stock_behaviour() {
  return list(stock);
}

std::vector<OptionRemark> option_sources() {
  return list(sources);
}

}  // namespace reprise::compat
