#include "cluster/copy_giving.hpp"

#include <stdexcept>

#include <openssl/rand.h>

#include "base/wipe.hpp"
#include "seal/number.hpp"

namespace reprise::cluster {
namespace {

constexpr std::size_t piece_size = 64 * 1024;
constexpr std::size_t age_size = 4;

// Slices of the cache before others have their turn.
constexpr int slices_in_a_row = 16;

seal::StreamNonce draw_nonce() {
  seal::StreamNonce nonce{};
  if (::RAND_bytes(nonce.data(), static_cast<int>(nonce.size())) != 1)
    throw std::runtime_error("no random bytes for a copy");
  return nonce;
}

}  // namespace

// Buffers that hold sessions are as large as they ever get, so that no outgrown one is left behind.
CopyGiving::CopyGiving(const Copies::Parts& parts, const seal::Key& packet,
                       const seal::StreamNonce& client, sync::ServiceCounters& counters)
    : parts_(parts), counters_(counters) {
  const seal::StreamNonce own = draw_nonce();
  const seal::Guarded<seal::StreamKeys> keys;
  *keys = seal::stream_keys(packet, client, own);
  opener_.emplace(keys->to_server, parts.cipher);
  sealer_.emplace(keys->to_client, parts.cipher);
  hello_.assign(reinterpret_cast<const char*>(own.data()), own.size());
}

CopyGiving::~CopyGiving() {
  wipe(plaintext_);
  wipe(message_);
}

std::size_t CopyGiving::answer_size() const {
  return parts_.cache.settings().name.size() + seal::record_overhead;
}

bool CopyGiving::accept(Bytes answer) {
  accepted_ = parts_.clock();
  std::string name;
  if (!opener_->open(answer, name) || name != parts_.cache.settings().name) return false;
  plaintext_.reserve(largest_record);
  message_.reserve(largest_record);
  begin_record();
  return true;
}

// The age is not older than what follows, so whoever hears it never reckons with too little.
void CopyGiving::begin_record() {
  wipe(plaintext_);
  seal::append_number(plaintext_, parts_.clock() - accepted_, age_size);
}

void CopyGiving::end_record(std::string& to) {
  if (plaintext_.size() > age_size) sealer_->seal(plaintext_, to);
  begin_record();
}

bool CopyGiving::next(std::string& to) {
  const std::size_t begin = to.size();
  bool more = true;
  begin_record();
  for (int i = 0; i < slices_in_a_row && more && to.size() - begin < piece_size; ++i) {
    slice_.clear();
    more = parts_.cache.keys(cursor_, slice_);
    for (const cache::ItemFacts& facts : slice_)
      add(facts.key, to);
  }
  if (!more) append_end_of_copy(plaintext_);
  end_record(to);
  return more;
}

void CopyGiving::add(Bytes key, std::string& to) {
  switch (parts_.contents.describe(key, message_)) {
    case Contents::Described::gone:
      return;
    case Contents::Described::too_large:
      return counters_.left_out.add();
    case Contents::Described::whole:
      break;
  }
  const bool fits = plaintext_.size() + message_.size() + seal::record_overhead <= usual_record;
  if (!fits) end_record(to);
  plaintext_.append(message_);
  wipe(message_);
  counters_.items_sent.add();
}

}  // namespace reprise::cluster
