#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compat/load.hpp"
#include "compat/option_use.hpp"
#include "parsers/certificate/ast.hpp"
#include "parsers/syntax_error.hpp"

namespace reprise::compat {

// The configuration while options are applied to it in their order, and what the next listener will
// copy of it. Knows what the order of options means (spec/config/config-language.md 9).
class Builder {
public:
  // `uses` is the whole list, for advice on what to move. References outlive this.
  Builder(const std::vector<OptionUse>& uses, std::vector<std::string>& messages,
          std::vector<Finding>& findings);

  config::Config config;

  // What the next listener copies.
  tls::Policy policy;
  std::optional<std::string> session_context;  // https-session-context
  std::optional<std::string> session_cache;    // ssl-sessions-use-cache, as written
  bool verbose = false;                        // ssl-verbose: of all listeners

  // The cache that `cache` makes. Its options come to nothing once a listener has it.
  cache::Settings default_cache;
  // Null, after a warning, if it is too late for `use`.
  cache::Settings* change_default_cache(const OptionUse& use);

  // uWSGI's plugin `cache` is asked for: its sockets then answer commands on caches, if there are
  // no applications.
  bool has_cache_plugin = false;
  std::vector<const OptionUse*> sockets;

  std::string sni_directory_ciphers;

  // ssl-sessions-openssl10, wherever it stands; null if it is not on.
  const OptionUse* for_openssl_1_0 = nullptr;

  // http-enable-proxy-protocol; null if it is not on.
  const OptionUse* proxy_protocol = nullptr;

  // cheaper; null if it is not on.
  const OptionUse* cheaper = nullptr;

  // Asked for instead of serving.
  bool print_version = false;
  std::string output;  // of `print`, for standard output

  void add_cache(const OptionUse& use, cache::Settings settings);
  void add_cache_server(const OptionUse& use);
  void add_plain_listener(const OptionUse& use);
  void add_tls_listener(const OptionUse& use, const parsers::certificate::Listener& listener);
  void add_sni(const OptionUse& use, const parsers::certificate::Name& entry, bool regexp);

  // A setting that listeners copy: remembered, to warn if no listener comes after it.
  void for_listeners(const OptionUse& use) { since_listener_.push_back(&use); }
  // One that server names copy too.
  void for_listeners_and_names(const OptionUse& use) {
    for_listeners(use);
    since_name_.push_back(&use);
  }

  // When all options are applied.
  void finish();

  // Values. `integer` fails for what uWSGI fails for, and warns of what it misreads.
  bool flag(const OptionUse& use) const;
  int integer(const OptionUse& use);
  int integer_up_to(const OptionUse& use, int least, int most);
  std::uint64_t unsigned_number(const OptionUse& use);
  std::uint64_t unsigned_number(const OptionUse& use, const std::string& text);
  // Three octal digits.
  mode_t file_mode(const OptionUse& use) const;
  // The value with its place.
  Written written(const OptionUse& use) const;
  // Adds ranges with commas between them. Fails for what is none.
  void add_ranges(const OptionUse& use, std::vector<router::AddressRange>& to) const;
  // Fails if the value is no address.
  const std::string& address(const OptionUse& use, const std::string& text) const;

  // `fix` says what to do about it.
  void warn(const OptionUse& use, std::string_view text, Code code = Code::value,
            std::string_view fix = {});
  // For what is as it should be, but not by this option.
  void remark(const OptionUse& use, std::string_view text, Code code = Code::needless);
  // `words` are uWSGI's where it has some; `advice` says what to write instead.
  [[noreturn]] void fail(const OptionUse& use, std::string_view words, std::string_view advice,
                         Code code = Code::value) const;
  // For a value that is not of its grammar.
  [[noreturn]] void fail(const OptionUse& use, std::string_view words,
                         const parsers::SyntaxError& error) const;

private:
  void warn_of_late(const std::vector<const OptionUse*>& late, const OptionUse& maker);
  tls::Policy policy_with_cache(const OptionUse& use);
  cache::Settings& find_session_cache(const OptionUse& use, const std::string& name);
  void settle_sockets();
  void settle_shared_sockets();
  void warn_of_what_is_not_shared();
  void share_with_openssl_1_0();
  std::string advice_on_cache(const OptionUse& use) const;
  const OptionUse* later(const OptionUse& use, std::string_view name) const;
  tls::Identity identity(const OptionUse& use, const parsers::certificate::Files& files) const;

  const std::vector<OptionUse>& uses_;
  std::vector<std::string>& messages_;
  std::vector<Finding>& findings_;
  std::vector<const OptionUse*> since_listener_;
  std::vector<const OptionUse*> since_name_;
  const OptionUse* last_tls_listener_ = nullptr;
  const OptionUse* last_name_ = nullptr;
  std::vector<const OptionUse*> names_with_client_ca_;
  const OptionUse* default_cache_settled_by_ = nullptr;
  std::vector<cache::Settings> named_caches_;
  // TLS listeners that keep sessions in a cache, as in config.http.listeners.
  struct Sharer {
    const OptionUse* use;
    std::string cache;
    bool has_own_context;  // none that other nodes have too
    bool asks_for_certificate;
  };
  std::vector<Sharer> sharers_;
};

}  // namespace reprise::compat
