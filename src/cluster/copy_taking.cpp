#include "cluster/copy_taking.hpp"

#include <algorithm>
#include <stdexcept>

#include <openssl/rand.h>

#include "base/wipe.hpp"
#include "seal/number.hpp"
#include "sync/modifiers.hpp"

namespace reprise::cluster {
namespace {

constexpr std::size_t age_size = 4;

std::string request_of(const seal::KeyId& key, const seal::StreamNonce& nonce) {
  std::string request;
  seal::append_number(request, sync::cache_modifier, 1);
  seal::append_number(request, key.size() + nonce.size(), 2);
  seal::append_number(request, sync::modifier::sealed_copy, 1);
  request.append(reinterpret_cast<const char*>(key.data()), key.size());
  request.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  return request;
}

}  // namespace

CopyTaking::CopyTaking(const Copies::Parts& parts, const seal::PacketKey& key,
                       sync::CopyReport& report)
    : parts_(parts), key_(key), report_(report) {
  if (::RAND_bytes(own_.data(), static_cast<int>(own_.size())) != 1)
    throw std::runtime_error("no random bytes for a copy");
  request_ = request_of(key.id, own_);
  pending_.reserve(largest_record);
  plaintext_.reserve(largest_record);
}

CopyTaking::~CopyTaking() {
  wipe(plaintext_);
}

// How many bytes make something of what is pending.
std::size_t CopyTaking::wanted() const {
  if (!opener_) return own_.size();
  if (pending_.size() < seal::record_head_size) return seal::record_head_size;
  return seal::record_size(pending_);
}

CopyTaking::Status CopyTaking::feed(Bytes bytes) {
  Status status = Status::more;
  while (status == Status::more && !bytes.empty()) {
    const std::size_t size = wanted();
    if (size > largest_record) return Status::broken;
    const Bytes taken = bytes.substr(0, size - pending_.size());
    pending_.append(taken);
    bytes.remove_prefix(taken.size());
    if (pending_.size() < wanted()) continue;
    status = opener_ ? take_record() : take_hello();
    pending_.clear();
  }
  return status;
}

// The first word of ours under the new keys; the time of everything that the server says is counted
// from its coming there, which is not before now.
CopyTaking::Status CopyTaking::take_hello() {
  seal::StreamNonce server{};
  std::copy(pending_.begin(), pending_.end(), server.begin());
  const seal::Guarded<seal::StreamKeys> keys;
  *keys = seal::stream_keys(key_.packet, own_, server);
  opener_.emplace(keys->to_client, parts_.cipher);
  replied_ = parts_.clock();
  seal::RecordSealer(keys->to_server, parts_.cipher).seal(parts_.cache.settings().name, reply_);
  return Status::more;
}

CopyTaking::Status CopyTaking::take_record() {
  if (!opener_->open(pending_, plaintext_) || plaintext_.size() < age_size) return Status::broken;
  const Bytes text = plaintext_;
  const Moment now = parts_.clock();
  const Moment since = now - replied_;
  const Moment told = seal::number_at(text, 0, age_size);
  const Moment age = since > told ? since - told : 0;
  const auto messages = read_messages(text.substr(age_size));
  Status status = messages ? Status::more : Status::broken;
  for (std::size_t i = 0; status == Status::more && i < messages->size(); ++i) {
    const Message& message = (*messages)[i];
    const bool is_last = i + 1 == messages->size();
    if (message.type == Type::end_of_copy) {
      status = is_last ? Status::complete : Status::broken;
    } else {
      status = take(message, age, now);
    }
  }
  wipe(plaintext_);
  return status;
}

// Of what a copy may hold; types of later versions are passed over.
CopyTaking::Status CopyTaking::take(const Message& message, Moment age, Moment now) {
  const auto store = [&](const auto& told) {
    if (!told) return Status::broken;
    report_.came(parts_.contents.take(*told, age, now, Contents::Told::copied));
    return Status::more;
  };
  switch (message.type) {
    case Type::session:
      return store(read_session_message(message.body));
    case Type::item:
      return store(read_item(message.body));
    case Type::erase_session:
    case Type::erase_item:
      return Status::broken;
    default:
      return Status::more;
  }
}

}  // namespace reprise::cluster
