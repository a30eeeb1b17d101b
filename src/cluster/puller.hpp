#pragma once

#include <chrono>
#include <memory>

#include <boost/intrusive/list.hpp>

#include "cluster/pull_board.hpp"
#include "net/asio.hpp"
#include "net/timer.hpp"
#include "shm/mailbox.hpp"

namespace reprise::cluster {

// A worker's side of pulls: hands the id of a session that is not here to the keeper and waits, a
// few milliseconds at most, whatever becomes of the keeper.
class Puller {
public:
  // Handshakes that wait at one time.
  static constexpr std::size_t most = 256;

  // References outlive this. `worker`: of the board's. Throws std::system_error.
  Puller(net::asio::io_context& io, PullBoard& board, shm::Mailbox& mailbox, std::size_t worker,
         std::chrono::microseconds budget);
  Puller(const Puller&) = delete;
  Puller& operator=(const Puller&) = delete;

  // Before anything is asked: waits for the bell for as long as the loop runs.
  void start();

  // One search that somebody waits for. Ends with it.
  class Pull : public boost::intrusive::list_base_hook<
                   boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  public:
    Pull(Puller& puller, const PullBoard::Ticket& ticket);
    ~Pull();
    Pull(const Pull&) = delete;
    Pull& operator=(const Pull&) = delete;

    // Suspends until it has ended, or the time is up.
    net::awaitable<PullEnd> ended();

  private:
    friend class Puller;
    Puller& puller_;
    PullBoard::Ticket ticket_;
    net::Timer timer_;
  };

  // `id`: 32 bytes. Null if nobody can be asked now; `refused` tells that there are too many.
  std::unique_ptr<Pull> begin(Bytes id, bool& refused);

private:
  net::awaitable<void> hear();

  net::asio::io_context& io_;
  PullBoard& board_;
  shm::Mailbox& mailbox_;
  std::size_t worker_;
  std::chrono::microseconds patience_;
  std::size_t waiting_ = 0;
  boost::intrusive::list<Pull, boost::intrusive::constant_time_size<false>> pulls_;
};

}  // namespace reprise::cluster
