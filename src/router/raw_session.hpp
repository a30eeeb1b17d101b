#pragma once

#include <string>

#include <boost/intrusive/list_hook.hpp>

#include "net/address.hpp"
#include "router/raw_upstream.hpp"
#include "router/relay.hpp"

namespace reprise::router {

// One client connection, from its acceptance to its end.
class RawSession : public boost::intrusive::list_base_hook<> {
public:
  // References outlive this. `key` is the listener's address as written.
  RawSession(RawWorker& worker, net::Socket client, const net::Endpoint& remote,
             std::string_view key);
  RawSession(const RawSession&) = delete;
  RawSession& operator=(const RawSession&) = delete;

  net::awaitable<void> run();

private:
  void deadline_passed();
  void count(RawUpstream::Outcome outcome);
  void count(Relay::End end);
  net::awaitable<bool> introduce();
  std::string proxy_header() const;
  net::awaitable<error_code> tell_node(std::string text);
  net::awaitable<bool> replace_banner(std::string address);

  RawWorker& worker_;
  net::Socket client_;
  net::Endpoint remote_;
  std::string_view key_;
  net::Deadline deadline_;
  RawUpstream upstream_;
  bool connected_ = false;
};

}  // namespace reprise::router
