#include <arpa/inet.h>

#include <array>
#include <vector>

#include "net/timer.hpp"
#include "store/engine.hpp"
#include "store/link.hpp"
#include "store/slots.hpp"

namespace reprise::store {
namespace {

constexpr int most_redirections = 3;
// Who has what is asked for no more often, and so often while somebody is missing.
constexpr std::chrono::milliseconds refresh_interval{250};

// An address as it is told. Names are not asked for here: that would wait.
std::optional<net::Endpoint> endpoint_of(const std::string& host, std::uint16_t port) {
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return net::Endpoint(reinterpret_cast<const sockaddr*>(&v4), sizeof v4);
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    return net::Endpoint(reinterpret_cast<const sockaddr*>(&v6), sizeof v6);
  }
  return std::nullopt;
}

class ClusterEngine final : public Engine, public LinkOwner {
public:
  ClusterEngine(net::asio::io_context& io, const Reach& reach, std::span<ServerRow> rows)
      : io_(io), reach_(reach), rows_(rows), refresh_timer_(io) {
    owners_.fill(nullptr);
    for (const Link::Place& place : reach.places)
      add(place);
  }

  void start() override {
    for (const auto& link : links_)
      link->start();
  }

  bool get(const std::string& name, const std::shared_ptr<Waiting>& waiting) override {
    Request request;
    request.name = name;
    request.waiting = waiting;
    request.asked = Clock::now();
    return link_of(name).ask(request);
  }

  void set(std::string name, std::string value, std::uint32_t seconds) override {
    Link& link = link_of(name);
    Request request;
    request.verb = Verb::set;
    request.name = std::move(name);
    request.value = std::move(value);
    request.seconds = seconds;
    link.tell(std::move(request));
  }

  void erase(std::string name) override {
    Link& link = link_of(name);
    Request request;
    request.verb = Verb::erase;
    request.name = std::move(name);
    link.tell(std::move(request));
  }

private:
  Link* add(const Link::Place& place) {
    if (links_.size() >= std::min(most_servers, rows_.size())) return nullptr;
    links_.push_back(std::make_unique<Link>(io_, place, *reach_.dialect, reach_.tls.get(),
                                            reach_.budget, rows_[links_.size()], *this));
    return links_.back().get();
  }

  // Whoever has it; as long as nobody is known to, somebody who knows who has.
  Link& link_of(const std::string& name) {
    if (Link* const owner = owners_[slot_of(name)]) return *owner;
    for (const auto& link : links_) {
      if (link->is_up()) return *link;
    }
    return *links_.front();
  }

  // A server that another one named. Null if it cannot be reached.
  Link* link_to(Link& by, const std::string& host, std::uint16_t port) {
    const std::string& told = host.empty() ? by.place().host : host;
    const bool is_v6 = told.find(':') != std::string::npos;
    const std::string name = (is_v6 ? "[" + told + "]" : told) + ":" + std::to_string(port);
    const auto endpoint = endpoint_of(told, port);
    for (const auto& link : links_) {
      const Link::Place& place = link->place();
      if (endpoint ? place.endpoint == *endpoint : place.name == name) return link.get();
    }
    if (!endpoint) return nullptr;
    Link* const added = add({name, told, *endpoint});
    if (added != nullptr) added->start();
    return added;
  }

  void answered(Link& link, Request& request, Reply& reply) override {
    if (reply.answer == Answer::slots) return learn(link, reply);
    if (reply.answer != Answer::moved && reply.answer != Answer::ask) return;
    if (redirect(link, request, reply)) return;
    link.row().count(Trouble::redirects);
    if (request.waiting) {
      request.waiting->end();
    } else {
      link.row().dropped.add();
    }
  }

  bool redirect(Link& link, Request& request, const Reply& reply) {
    const auto to = read_redirection(reply.text);
    if (!to || ++request.redirections > most_redirections) return false;
    Link* const target = link_to(link, to->host, to->port);
    if (target == nullptr) return false;
    if (reply.answer == Answer::ask) return target->ask_as_exception(request);
    owners_[to->slot] = target;
    refresh_soon();
    if (!request.is_write()) return target->ask(request);
    target->tell(std::move(request));
    return true;
  }

  void learn(Link& link, const Reply& reply) {
    owners_.fill(nullptr);
    for (const SlotRange& range : reply.slots) {
      Link* const owner = link_to(link, range.host, range.port);
      if (owner == nullptr) link.row().count(Trouble::redirects);
      for (std::size_t slot = range.first; slot <= range.last; ++slot)
        owners_[slot] = owner;
    }
    learnt_ = true;
    if (!is_whole()) refresh_soon();
  }

  bool is_whole() const {
    if (!learnt_) return false;
    const Link* last = nullptr;
    for (const Link* owner : owners_) {
      if (owner == nullptr) return false;
      if (owner == last) continue;
      if (!owner->is_up()) return false;
      last = owner;
    }
    return true;
  }

  void refresh_soon() {
    if (refreshes_) return;
    refreshes_ = true;
    const auto since = Clock::now() - refreshed_;
    const auto pause = since >= refresh_interval ? Clock::duration::zero()
                                                 : Clock::duration(refresh_interval - since);
    refresh_timer_.start(pause, [this](error_code error) {
      refreshes_ = false;
      if (!error) refresh();
    });
  }

  // Asks one after the other who has what.
  void refresh() {
    refreshed_ = Clock::now();
    for (std::size_t i = 0; i < links_.size(); ++i) {
      Link& link = *links_[next_++ % links_.size()];
      if (!link.is_up()) continue;
      Request request;
      request.verb = Verb::slots;
      link.tell(std::move(request));
      break;
    }
    if (!is_whole()) refresh_soon();
  }

  void connected(Link&) override {
    if (!is_whole()) refresh_soon();
  }
  void lost(Link&) override { refresh_soon(); }

  net::asio::io_context& io_;
  const Reach& reach_;
  std::span<ServerRow> rows_;
  net::Timer refresh_timer_;
  bool refreshes_ = false;  // soon
  Clock::time_point refreshed_{};
  bool learnt_ = false;
  std::size_t next_ = 0;
  std::vector<std::unique_ptr<Link>> links_;
  std::array<Link*, slots_of_a_cluster> owners_{};
};

}  // namespace

std::unique_ptr<Engine> make_cluster_engine(net::asio::io_context& io, const Reach& reach,
                                            std::span<ServerRow> rows) {
  return std::make_unique<ClusterEngine>(io, reach, rows);
}

}  // namespace reprise::store
