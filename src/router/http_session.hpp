#pragma once

#include <boost/intrusive/list_hook.hpp>

#include "net/address.hpp"
#include "router/access_log.hpp"
#include "router/exchange.hpp"
#include "router/head_reader.hpp"
#include "router/uwsgi_vars.hpp"

namespace reprise::router {

// One client connection: its handshake, and its requests one after the other.
class HttpSession : public boost::intrusive::list_base_hook<> {
public:
  // References outlive this. `server_port` is SERVER_PORT; `redirect_port` is ListenerSettings'.
  HttpSession(Worker& worker, net::Socket socket, const net::Endpoint& remote,
              const tls::Context* tls, std::string_view server_port,
              const std::optional<std::string>* redirect_port = nullptr);
  ~HttpSession();
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;

  // Until the connection has ended.
  net::awaitable<void> run();

  // Ends it if it only waits for a request to begin.
  void end_if_idle();

  // If its first request has not begun, it has to within a moment.
  void hurry();

private:
  using Status = protocol::Status;

  std::unique_ptr<net::Stream> make_stream(const tls::Context* context);
  void deadline_passed();
  net::awaitable<bool> handshake();
  net::awaitable<void> serve_all();
  net::awaitable<void> answer_in_clear();
  net::awaitable<Exchange::End> serve();
  net::awaitable<Exchange::End> respond(Bytes text, Status status);
  Status judge_head(Bytes text);
  net::awaitable<Exchange::End> refuse_request(Status status);
  net::awaitable<Exchange::End> redirect();
  net::awaitable<Exchange::End> forward(PacketResult packet, BufferPool::Lease packet_buffer,
                                        std::unique_ptr<BodySpool> kept);
  PacketResult encode(Buffer into);
  bool keeps_body() const;
  void limit_requests(Request& request);
  Status judge_body(const Request& request);  // what came of it with the head
  net::awaitable<void> refuse(Status status, bool with_body);
  net::awaitable<void> refuse_head(Status status);
  void note_request(const protocol::RequestHead& head);
  void log_request();

  Worker& worker_;
  net::Socket socket_;
  tls::Stream* tls_ = nullptr;  // what stream_ is on a TLS listener
  std::unique_ptr<net::Stream> stream_;
  net::Deadline deadline_;
  Client client_;
  HeadReader heads_;
  ConnectionFacts facts_;
  net::Endpoint remote_;                // who connected
  std::optional<AccessRecord> record_;  // of the request under way
  int requests_ = 0;
  Exchange* exchange_ = nullptr;  // under way
  bool serving_ = false;          // it may ask
  bool reused_ = false;           // an exchange has been served already
  bool hurried_ = false;          // this process is to end, and nothing was asked for yet
};

}  // namespace reprise::router
