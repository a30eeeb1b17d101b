#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include "application/wire.hpp"
#include "protocol/http_body.hpp"

namespace reprise::application {

// The body of a request as its reader sees it, whatever its framing is and wherever its bytes are:
// read ahead, in the socket, or kept beforehand.
class RequestBody {
public:
  // `ahead` are bytes that came with the head and stay where they are. `invite` (may be empty) is
  // sent before the first wait: a client may expect it.
  RequestBody(Wire& wire, protocol::BodyLength length, Bytes ahead, std::string_view invite);

  // Some of the next bytes; none with `ok`: it has ended.
  Exchange::Piece read(Buffer into);

  // More bytes than that (0: any number) are `too_long`, however they are framed.
  void set_limit(std::uint64_t limit) { limit_ = limit; }
  // The answer has begun: an invitation would land in it.
  void drop_invitation() { invites_ = false; }

  // Reads all of it into memory, or into a file if there is more than `in_memory`.
  ReadStatus keep(std::uint64_t in_memory);
  // False unless it was kept and has that position.
  bool seek(std::uint64_t position);

  // 0 of a chunked one that was not kept.
  std::uint64_t length() const { return length_; }
  std::uint64_t consumed() const { return consumed_; }
  bool chunked() const { return chunked_; }
  // All of it has been taken from the connection.
  bool complete() const;

private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  Exchange::Piece receive(Buffer into);
  Exchange::Piece read_counted(Buffer into);
  Exchange::Piece read_chunked(Buffer into);
  Exchange::Piece read_kept(Buffer into);
  bool spill();

  Wire& wire_;
  bool chunked_;
  std::uint64_t length_;
  std::uint64_t left_;  // of a counted one, to be received
  Bytes ahead_;
  std::string_view invite_;
  std::atomic<bool> invites_;  // an application may read and write in two threads
  std::uint64_t limit_ = 0;
  std::chrono::nanoseconds waited_{0};  // for the client, in all
  std::uint64_t received_ = 0;
  protocol::ChunkedFollower framing_;
  std::string framed_;  // a piece of a chunked body, of which ahead_ is what was not read yet
  std::uint64_t consumed_ = 0;
  bool kept_ = false;
  std::string memory_;
  std::unique_ptr<std::FILE, CloseFile> file_;
};

}  // namespace reprise::application
