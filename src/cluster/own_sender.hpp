#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cluster/clock.hpp"
#include "seal/envelope.hpp"

namespace reprise::cluster {

// The first four bytes of a name, as datagrams address it. Never 0.
std::uint32_t address_of(const seal::SenderName& name);

// A name that nobody has. Throws std::system_error if there is no randomness.
seal::SenderName draw_name();

// The name that this process seals under for a while, its keys and its counters. A name is never
// stored and never outlives its process, so no two processes have one.
class OwnSender {
public:
  // Under the first of the keys, which outlive this.
  OwnSender(const seal::PacketKeys& keys, seal::Cipher cipher, const seal::SenderName& name,
            Moment now);

  const seal::SenderName& name() const { return name_; }
  // Of a datagram for this member alone: under its name, or the one before.
  bool is_addressed(std::uint32_t to) const;
  // Sealed by this process.
  bool is_own(const seal::SenderName& name) const;

  std::uint64_t datagrams() const { return counter_; }
  std::uint64_t last_push() const { return push_; }
  std::uint64_t next_push() { return ++push_; }

  // Appends a sealed datagram.
  void seal(seal::Kind kind, std::uint32_t to, Bytes plaintext, std::string& out);

  // It has been used long enough, or often enough.
  bool is_worn(Moment now) const;
  void rename(const seal::SenderName& name, Moment now);

private:
  const seal::PacketKeys& keys_;
  seal::Cipher cipher_;
  seal::SenderName name_;
  std::optional<seal::SenderName> former_;
  std::unique_ptr<seal::SenderCipher> sealer_;
  Moment since_;
  std::uint64_t counter_ = 0;
  std::uint64_t push_ = 0;
};

}  // namespace reprise::cluster
