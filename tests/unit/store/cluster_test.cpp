// A Redis Cluster that moves about: its servers are scripts of answers.
#include "tests/unit/store/harness.hpp"

namespace reprise::store {
namespace {

using namespace std::chrono_literals;
using testing::Server;
using testing::StoreFixture;

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string range(std::size_t first, std::size_t last, const std::string& host, unsigned port) {
  return "*3\r\n:" + std::to_string(first) + "\r\n:" + std::to_string(last) + "\r\n*2\r\n" +
         bulk(host) + ":" + std::to_string(port) + "\r\n";
}

class ClusterTest : public StoreFixture {
protected:
  // What a server of a cluster says, with this answer to who has what.
  static Server::Answer speak(std::function<std::string()> slots) {
    return [slots = std::move(slots)](const std::string& line) -> std::string {
      if (line == "PING") return "+PONG\r\n";
      if (line == "SLOTS") return slots();
      return line == "key" ? bulk("value") : "";
    };
  }
  static unsigned port_of(const Server& server) {
    const std::string text = server.endpoint().text();
    return static_cast<unsigned>(std::stoul(text.substr(text.rfind(':') + 1)));
  }
  std::size_t named() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < rows_.size(); ++i)
      count += rows_.row(i).name().empty() ? 0 : 1;
    return count;
  }
  bool is_connected(const std::string& name) const {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (rows_.row(i).name() == name) return rows_.row(i).connected.get() == 1;
    }
    return false;
  }
};

TEST_F(ClusterTest, WhoIsNamedNoMoreMakesRoomForOthers) {
  std::atomic<bool> has_moved{false};
  std::string before, after;
  Server seed(speak([&] { return has_moved ? after : before; }));
  Server other(speak([&] { return after; }));
  // As many as there may be, of which nobody else is there.
  const std::size_t gone = Engine::most_servers - 1;
  before = "*" + std::to_string(gone + 1) + "\r\n";
  for (std::size_t i = 0; i < gone; ++i)
    before += range(i, i, "127.0.9." + std::to_string(i + 1), 1);
  before += range(gone, 16383, "127.0.0.1", port_of(seed));
  after = "*1\r\n" + range(0, 16383, "127.0.0.1", port_of(other));
  reach_.places = {{seed.endpoint().text(), "127.0.0.1", seed.endpoint()}};
  reach_.dialect = make_redis_dialect({});
  reach_.budget = 1000ms;
  start(/*cluster=*/true);
  run_until([&] { return named() == Engine::most_servers; });
  has_moved = true;
  run_until([&] { return is_connected(other.endpoint().text()); });
  EXPECT_TRUE(is_connected(seed.endpoint().text())) << "whom the configuration names stays";
  run_until([&] { return look_up("key") == "value"; });
}

}  // namespace
}  // namespace reprise::store
