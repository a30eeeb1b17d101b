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
// A server that is named no more is left after so long; at once if another one needs its place.
constexpr std::chrono::seconds patience{10};

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
      append(place);
    // What the process that was here before knew.
    for (std::size_t i = servers_.size(); i < rows.size(); ++i)
      rows[i].end();
  }

  void start() override {
    for (const Server& server : servers_)
      server.link->start();
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
  struct Server {
    std::unique_ptr<Link> link;
    std::uint64_t map = 0;  // the last that named it
    Clock::time_point named{};
  };

  // Null if there are as many as there may be.
  Link* append(const Link::Place& place) {
    if (servers_.size() >= std::min(most_servers, rows_.size())) return nullptr;
    auto link = std::make_unique<Link>(io_, place, reach_, rows_[servers_.size()], *this);
    return servers_.emplace_back(Server{std::move(link), map_, Clock::now()}).link.get();
  }

  // Those of the configuration stay: they are who is asked when nobody else is there.
  bool may_go(const Server& server, const Link& by) const {
    const auto place = static_cast<std::size_t>(&server - servers_.data());
    return place >= reach_.places.size() && server.link.get() != &by && server.map != map_;
  }

  // A server that is not known yet. In the place of one that is named no more, if there is no
  // other.
  Link* add(const Link::Place& place, const Link& by) {
    Server* gone = nullptr;
    for (Server& server : servers_) {
      if (!may_go(server, by)) continue;
      if (gone == nullptr || server.link->rests() || server.named < gone->named) gone = &server;
      if (server.link->rests()) break;
    }
    if (gone == nullptr || !gone->link->rests()) {
      if (Link* const added = append(place)) {
        added->start();
        return added;
      }
    }
    if (gone == nullptr) return nullptr;
    gone->map = map_;
    gone->named = Clock::now();
    gone->link->move_to(place);
    return gone->link.get();
  }

  // Nobody connects for ever to what was a server once.
  void let_go(const Link& by) {
    const auto now = Clock::now();
    for (Server& server : servers_) {
      if (server.map == map_) server.named = now;
      if (may_go(server, by) && !server.link->rests() && now - server.named > patience)
        server.link->rest();
    }
  }

  // Whoever has it; as long as nobody is known to, somebody who knows who has.
  Link& link_of(const std::string& name) {
    if (Link* const owner = owners_[slot_of(name)]) return *owner;
    for (const Server& server : servers_) {
      if (server.link->is_up()) return *server.link;
    }
    return *servers_.front().link;
  }

  // A server as another one tells it.
  struct Told {
    std::string host;
    std::string name;
    std::optional<net::Endpoint> endpoint;  // none: it cannot be reached
  };
  static Told told(const Link& by, const std::string& host, std::uint16_t port) {
    Told one{host.empty() ? by.place().host : host, {}, {}};
    const bool is_v6 = one.host.find(':') != std::string::npos;
    one.name = (is_v6 ? "[" + one.host + "]" : one.host) + ":" + std::to_string(port);
    one.endpoint = endpoint_of(one.host, port);
    return one;
  }

  // Marked as named by the last map. Null if it is not known.
  Link* find(const Told& one) {
    for (Server& server : servers_) {
      const Link::Place& place = server.link->place();
      const bool is_it = one.endpoint ? place.endpoint == *one.endpoint : place.name == one.name;
      if (!is_it || server.link->rests()) continue;
      server.map = map_;
      return server.link.get();
    }
    return nullptr;
  }

  // Null if it cannot be reached.
  Link* link_to(const Link& by, const std::string& host, std::uint16_t port) {
    const Told one = told(by, host, port);
    if (Link* const known = find(one)) return known;
    if (!one.endpoint) return nullptr;
    return add({one.name, one.host, *one.endpoint}, by);
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
    ++map_;
    // First those that are known, whose places are not free for others.
    for (const SlotRange& range : reply.slots)
      find(told(link, range.host, range.port));
    for (const SlotRange& range : reply.slots) {
      Link* const owner = link_to(link, range.host, range.port);
      if (owner == nullptr) link.row().count(Trouble::redirects);
      for (std::size_t slot = range.first; slot <= range.last; ++slot)
        owners_[slot] = owner;
    }
    learnt_ = true;
    let_go(link);
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
    for (std::size_t i = 0; i < servers_.size(); ++i) {
      Link& link = *servers_[next_++ % servers_.size()].link;
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
  std::vector<Server> servers_;
  std::uint64_t map_ = 0;  // of who has what; counts on
  std::array<Link*, slots_of_a_cluster> owners_{};
};

}  // namespace

std::unique_ptr<Engine> make_cluster_engine(net::asio::io_context& io, const Reach& reach,
                                            std::span<ServerRow> rows) {
  return std::make_unique<ClusterEngine>(io, reach, rows);
}

}  // namespace reprise::store
