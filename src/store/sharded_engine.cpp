#include <vector>

#include "store/engine.hpp"
#include "store/ketama.hpp"
#include "store/link.hpp"

namespace reprise::store {
namespace {

class ShardedEngine final : public Engine, public LinkOwner {
public:
  ShardedEngine(net::asio::io_context& io, const Reach& reach, std::span<ServerRow> rows)
      : ring_(*reach.ring) {
    for (std::size_t i = 0; i < reach.places.size(); ++i) {
      links_.push_back(std::make_unique<Link>(io, reach.places[i], reach, rows[i], *this));
    }
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
  Link& link_of(const std::string& name) { return *links_[ring_.server_of(name)]; }

  void answered(Link& link, Request& request, Reply& reply) override {
    // A server of a cluster, but the store is not said to be one.
    if (reply.answer != Answer::moved && reply.answer != Answer::ask) return;
    link.row().count(Trouble::redirects);
    if (request.waiting) request.waiting->end();
  }
  void connected(Link&) override {}
  void lost(Link&) override {}

  const Ketama& ring_;
  std::vector<std::unique_ptr<Link>> links_;
};

}  // namespace

std::unique_ptr<Engine> make_sharded_engine(net::asio::io_context& io, const Reach& reach,
                                            std::span<ServerRow> rows) {
  return std::make_unique<ShardedEngine>(io, reach, rows);
}

}  // namespace reprise::store
