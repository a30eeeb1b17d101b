#include <fmt/format.h>

#include "compat/builder.hpp"

// Sessions that go to and come from uWSGI on OpenSSL 1.0 (`ssl-sessions-openssl10`): what has to
// hold for it.

namespace reprise::compat {
namespace {

constexpr std::size_t longest_context = 32;  // OpenSSL's; uWSGI uses none if its text is longer

}  // namespace

void Builder::share_with_openssl_1_0() {
  const OptionUse& option = *for_openssl_1_0;
  if (sharers_.empty()) {
    warn(option,
         fmt::format("{} has no effect: no listener keeps its sessions in a cache, as "
                     "ssl-sessions-use-cache above it would make it",
                     option.name),
         Code::no_effect);
    return;
  }
  const std::string words = fmt::format(
      "{} cannot go with client certificates: such sessions are not bound to who may use them",
      option.name);
  const std::string advice = fmt::format(
      "no client CA expected here; give it an instance of its own, without {}", option.name);
  for (const Sharer& sharer : sharers_)
    if (sharer.asks_for_certificate) fail(*sharer.use, words, advice);
  if (!names_with_client_ca_.empty()) fail(*names_with_client_ca_.front(), words, advice);
  auto sharer = sharers_.begin();
  for (router::ListenerSettings& listener : config.http.listeners) {
    if (!listener.tls || !listener.tls->policy.session_cache) continue;
    const std::string& context = listener.tls->session_context;
    if (context.size() > longest_context) {
      fail(*sharer->use,
           fmt::format("the session context \"{}\" is too long for {}", context, option.name),
           fmt::format("https-session-context of at most {} bytes expected above it; an empty one "
                       "if uWSGI has a longer text, which it does not use",
                       longest_context));
    }
    listener.tls->for_openssl_1_0 = true;
    ++sharer;
  }
}

}  // namespace reprise::compat
