#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "tls/session_store.hpp"
#include "tls/settings.hpp"

namespace reprise::tls {

// The certificates and policies that server names lead to; shared by all listeners.
class SniContexts;

// Throws std::runtime_error with uWSGI's words for a fatal entry; entries that uWSGI only warns
// about are logged and left out (spec/routers/https.md 2).
std::shared_ptr<SniContexts> make_sni_contexts(const SniSettings& settings);

// What stateless tickets are sealed with: one set for all listeners of a node, random, and known to
// all workers because it is made before the fork. Ends with the process tree.
class TicketKeys {
public:
  static constexpr std::size_t size = 80;

  // Throws std::runtime_error if the system has no randomness to give.
  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  const std::array<unsigned char, size>& bytes() const { return bytes_; }

private:
  std::array<unsigned char, size> bytes_;
};

// One TLS listener, ready to make connections: made before the fork, read only afterwards.
class Context {
public:
  // `store` is where sessions go that any worker (and node) may resume; null: stateless tickets.
  // It outlives the context. Throws std::runtime_error with uWSGI's words
  // (`[uwsgi-ssl] unable to assign certificate X for context "Y"`, …; spec/routers/https.md 2).
  Context(const Settings& settings, std::shared_ptr<SniContexts> sni, SessionStore* store,
          const TicketKeys& keys);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  class Impl;
  Impl& impl() const { return *impl_; }

private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace reprise::tls
