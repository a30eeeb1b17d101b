#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cluster/copies.hpp"
#include "seal/stream.hpp"

namespace reprise::cluster {

// The server's end of one copy.
class CopyGiving final : public sync::SealedGiving {
public:
  // `parts` and `counters` outlive this.
  CopyGiving(const Copies::Parts& parts, const seal::Key& packet, const seal::StreamNonce& client,
             sync::ServiceCounters& counters);
  CopyGiving(const CopyGiving&) = delete;
  CopyGiving& operator=(const CopyGiving&) = delete;
  ~CopyGiving() override;

  Bytes hello() const override { return hello_; }
  std::size_t answer_size() const override;
  bool accept(Bytes answer) override;
  bool next(std::string& to) override;

private:
  void begin_record();
  void end_record(std::string& to);
  void add(Bytes key, std::string& to);

  const Copies::Parts& parts_;
  sync::ServiceCounters& counters_;
  std::string hello_;
  std::optional<seal::RecordOpener> opener_;
  std::optional<seal::RecordSealer> sealer_;
  Moment accepted_ = 0;
  cache::KeyCursor cursor_;
  std::vector<cache::ItemFacts> slice_;
  std::string plaintext_;  // of the record that is being made
  std::string message_;    // that is to be added to it
};

}  // namespace reprise::cluster
