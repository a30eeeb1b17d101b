#include <array>

#include <fmt/format.h>

#include "compat/builder.hpp"
#include "compat/number.hpp"
#include "compat/options/registry.hpp"
#include "parsers/certificate/certificate.hpp"
#include "parsers/keyval/keyval.hpp"
#include "tls/option_bits.hpp"

namespace reprise::compat {
namespace {

void add_https(Builder& b, const OptionUse& use) {
  parsers::certificate::Listener listener;
  try {
    listener = parsers::certificate::parse_listener(use.text());
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "invalid https syntax must be socket,crt,key", error);
  }
  b.add_tls_listener(use, listener);
}

void set_client_ca(parsers::certificate::Files& files, const std::string& value) {
  files.has_client_ca = true;
  files.required = value.starts_with('!');
  files.client_ca = value.substr(files.required ? 1 : 0);
}

void add_https2(Builder& b, const OptionUse& use) {
  constexpr char words[] = "--https2 option needs addr, cert and key items";
  parsers::certificate::Listener listener;
  try {
    for (const auto& [key, value, key_at, value_at] : parsers::keyval::parse(use.text())) {
      if (key == "addr")
        listener.address = value;
      else if (key == "cert" || key == "crt")
        listener.files.certificate = value;
      else if (key == "key")
        listener.files.key = value;
      else if (key == "ciphers")
        listener.files.ciphers = value;
      else if (key == "clientca" || key == "client_ca")
        set_client_ca(listener.files, value);
      else if (key != "spdy")
        b.warn(use, fmt::format("unknown key \"{}\" of https2", key));
    }
  } catch (const parsers::SyntaxError& error) {
    b.fail(use, "error parsing --https2 option", error);
  }
  const auto& files = listener.files;
  if (listener.address.empty() || files.certificate.empty() || files.key.empty()) {
    b.fail(use, words, "addr=:8443,cert=FILE,key=FILE expected");
  }
  b.add_tls_listener(use, listener);
}

template <bool regexp>
void add_sni(Builder& b, const OptionUse& use) {
  parsers::certificate::Name entry;
  try {
    entry = parsers::certificate::parse_name(use.text());
  } catch (const parsers::SyntaxError& error) {
    b.fail(use,
           fmt::format("invalid {} syntax, must be sni_key<space>crt,key[,ciphers,client_ca]",
                       use.name),
           error);
  }
  b.add_sni(use, entry, regexp);
}

void use_cache(Builder& b, const OptionUse& use) {
  const bool off = use.value && !use.value->empty() && !reads_as_true(*use.value);
  if (off) {
    b.session_cache.reset();
  } else {
    b.session_cache = use.value.value_or("true");
  }
  b.for_listeners(use);
}

void set_timeout(Builder& b, const OptionUse& use) {
  b.policy.session_timeout = std::chrono::seconds(b.integer(use));
  if (b.policy.session_timeout > tls::max_session_lifetime) {
    b.policy.session_timeout = tls::max_session_lifetime;
    b.warn(use, fmt::format("{} is at most {}: no ticket may live longer (RFC 8446 4.6.1)",
                            use.name, tls::max_session_lifetime.count()));
  }
  b.for_listeners_and_names(use);
}

void add_option_bits(Builder& b, const OptionUse& use) {
  const std::uint64_t bits = b.unsigned_number(use);
  b.policy.extra_options |= bits;
  b.for_listeners_and_names(use);
  for (const tls::ChangedBit& bit : tls::changed_bits(bits)) {
    const std::string text = fmt::format("{}: {}", use.name, bit.text);
    if (bit.is_usual) {
      b.remark(use, text, Code::ssl_option);
    } else {
      b.warn(use, text, Code::ssl_option, "take the number out if the old meaning was wanted");
    }
  }
}

void enable_tls_1_0(Builder& b, const OptionUse& use) {
  b.policy.enable_tls_1_0 = b.flag(use);
  b.for_listeners_and_names(use);
}

void enable_ssl_3(Builder& b, const OptionUse& use) {
  b.policy.enable_ssl_3 = b.flag(use);
  b.for_listeners_and_names(use);
}

}  // namespace

std::vector<Option> tls_options() {
  constexpr auto full = Support::full;
  constexpr auto required = Argument::required;
  constexpr auto optional = Argument::optional;
  constexpr auto none = Argument::none;
  static constexpr char cache_help[] = "share TLS sessions through this cache (true: the first)";
  static constexpr char timeout_help[] = "seconds that a TLS session can be resumed (0: 7200)";
  return {
      {"https", required, full, "add an HTTPS listener: addr,crt,key[,ciphers[,[!]client_ca]]",
       add_https},
      {"https2", required, full, "add an HTTPS listener: addr=,cert=,key=[,ciphers=][,clientca=]",
       add_https2},
      {"sni", required, full, "certificate for a server name: name crt,key[,ciphers[,client_ca]]",
       add_sni<false>},
      {"sni-regexp", required, full, "the same for names that match an expression", add_sni<true>},
      {"sni-dir", required, full, "directory of NAME.crt, NAME.key and NAME.ca",
       [](Builder& b, const OptionUse& use) { b.config.sni.directory = use.text(); }},
      {"sni-dir-ciphers", required, full, "ciphers for sni-dir",
       [](Builder& b, const OptionUse& use) { b.sni_directory_ciphers = use.text(); }},
      {"https-session-context", required, full, "text that nodes which share sessions agree on",
       [](Builder& b, const OptionUse& use) {
         b.session_context = use.text();
         b.for_listeners(use);
       }},
      {"https-export-cert", none, full, "give the client's certificate to backends as HTTPS_CC",
       [](Builder& b, const OptionUse& use) {
         b.config.http.export_client_certificate = b.flag(use);
       }},
      {"ssl-sessions-use-cache", optional, full, cache_help, use_cache},
      {"ssl-session-use-cache", optional, full, cache_help, use_cache},
      {"ssl-sessions-timeout", required, full, timeout_help, set_timeout},
      {"ssl-session-timeout", required, full, timeout_help, set_timeout},
      {"ssl-sessions-tickets", required, full, "tickets per full TLS 1.3 handshake, 0 to 16",
       [](Builder& b, const OptionUse& use) {
         b.policy.tickets = b.integer_up_to(use, 0, 16);
         b.for_listeners_and_names(use);
       }},
      {"ssl-sessions-share-client-certs", none, full,
       "share sessions of listeners that ask for client certificates in the clear",
       [](Builder& b, const OptionUse& use) {
         b.config.share_client_certificates = b.flag(use);
         if (!b.flag(use)) return;
         b.warn(use,
                "whoever reaches the cache's UDP port can be any client of the listeners that "
                "ask for certificates");
       }},
      {"ssl-sessions-openssl10", none, full,
       "share TLS 1.2 sessions with uWSGI on OpenSSL 1.0 (no extended master secret)",
       [](Builder& b, const OptionUse& use) { b.for_openssl_1_0 = b.flag(use) ? &use : nullptr; }},
      {"ssl-verbose", none, full, "log failed handshakes and refused client certificates",
       [](Builder& b, const OptionUse& use) { b.verbose = b.flag(use); }},
      {"ssl-verify-depth", optional, full, "intermediate certificates accepted from clients",
       [](Builder& b, const OptionUse& use) {
         b.policy.verify_depth = b.integer(use);
         b.for_listeners_and_names(use);
       }},
      {"ssl-enable3", none, full, "allow SSL 3", enable_ssl_3},
      {"ssl-enable-sslv3", none, full, "allow SSL 3", enable_ssl_3},
      {"ssl-enable-tlsv1", none, full, "allow TLS 1.0 and 1.1", enable_tls_1_0},
      {"ssl-option", none, full, "add raw option bits of OpenSSL", add_option_bits},
      {"ssl-tmp-dir", required, full, "allow PEM text in place of file names",
       [](Builder& b, const OptionUse& use) {
         b.policy.temporary_directory = use.text();
         b.for_listeners_and_names(use);
       }},
  };
}

}  // namespace reprise::compat
