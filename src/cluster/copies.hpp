#pragma once

#include <functional>
#include <memory>

#include "cluster/clock.hpp"
#include "cluster/contents.hpp"
#include "seal/keys.hpp"
#include "sync/sealed_copies.hpp"

namespace reprise::cluster {

// What a record of a copy holds at most, unless one message alone is longer.
inline constexpr std::size_t usual_record = 16 * 1024;
// A record with the longest message there is.
inline constexpr std::size_t largest_record = 66 * 1024;

// Copies of a sealed cache over a stream (SEALED.md, "Copies"), given and taken. The keeper's
// alone, who has the packet keys.
class Copies final : public sync::SealedCopies {
public:
  struct Parts {
    const seal::PacketKeys& keys;
    seal::Cipher cipher;
    cache::Cache& cache;
    Contents& contents;
    std::function<Moment()> clock = [] { return milliseconds_of(CLOCK_BOOTTIME); };
  };

  // References in `parts` outlive this, and this outlives its conversations.
  explicit Copies(Parts parts) : parts_(std::move(parts)) {}

  // Both throw std::system_error and std::runtime_error, for want of memory, randomness or OpenSSL.
  std::unique_ptr<sync::SealedGiving> give(Bytes request, sync::ServiceCounters& counters) override;
  std::unique_ptr<sync::SealedTaking> take(std::size_t secret, sync::CopyReport& report) override;
  std::size_t secrets() const override { return parts_.keys.count; }

private:
  Parts parts_;
};

}  // namespace reprise::cluster
