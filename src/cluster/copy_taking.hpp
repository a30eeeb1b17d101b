#pragma once

#include <optional>
#include <string>

#include "cluster/copies.hpp"
#include "seal/stream.hpp"

namespace reprise::cluster {

// The client's end of one copy.
class CopyTaking final : public sync::SealedTaking {
public:
  // `parts` and `report` outlive this.
  CopyTaking(const Copies::Parts& parts, const seal::PacketKey& key, sync::CopyReport& report);
  CopyTaking(const CopyTaking&) = delete;
  CopyTaking& operator=(const CopyTaking&) = delete;
  ~CopyTaking() override;

  Bytes request() const override { return request_; }
  Status feed(Bytes bytes) override;
  std::string reply() override { return std::exchange(reply_, {}); }
  Status end() override { return Status::broken; }  // it says itself where it ends

private:
  std::size_t wanted() const;
  Status take_hello();
  Status take_record();
  Status take(const Message& message, Moment age, Moment now);

  const Copies::Parts& parts_;
  const seal::PacketKey& key_;
  sync::CopyReport& report_;
  seal::StreamNonce own_{};
  std::string request_;
  std::string reply_;
  Moment replied_ = 0;
  std::optional<seal::RecordOpener> opener_;  // once the server's nonce is here
  std::string pending_;                       // less than what is wanted
  std::string plaintext_;
};

}  // namespace reprise::cluster
