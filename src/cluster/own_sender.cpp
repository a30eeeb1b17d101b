#include "cluster/own_sender.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>

namespace reprise::cluster {
namespace {

constexpr std::uint64_t most_datagrams = std::uint64_t{1} << 30;
constexpr Moment longest_use = 3'600'000;

std::unique_ptr<seal::SenderCipher> cipher_of(const seal::PacketKeys& keys, seal::Cipher cipher,
                                              const seal::SenderName& name) {
  const seal::Guarded<seal::SenderKeys> own;
  *own = seal::sender_keys(keys.list[0].packet, name);
  return std::make_unique<seal::SenderCipher>(*own, cipher);
}

}  // namespace

std::uint32_t address_of(const seal::SenderName& name) {
  std::uint32_t address = 0;
  for (std::size_t i = 0; i < 4; ++i)
    address |= std::uint32_t{name[i]} << (8 * i);
  return address;
}

seal::SenderName draw_name() {
  seal::SenderName name{};
  do {
    if (::getrandom(name.data(), name.size(), 0) != static_cast<ssize_t>(name.size())) {
      throw std::system_error(errno, std::system_category(), "getrandom");
    }
  } while (address_of(name) == 0);
  return name;
}

OwnSender::OwnSender(const seal::PacketKeys& keys, seal::Cipher cipher,
                     const seal::SenderName& name, Moment now)
    : keys_(keys),
      cipher_(cipher),
      name_(name),
      sealer_(cipher_of(keys, cipher, name)),
      since_(now) {}

bool OwnSender::is_addressed(std::uint32_t to) const {
  return to == address_of(name_) || (former_ && to == address_of(*former_));
}

bool OwnSender::is_own(const seal::SenderName& name) const {
  return name == name_ || name == former_;
}

void OwnSender::seal(seal::Kind kind, std::uint32_t to, Bytes plaintext, std::string& out) {
  seal::Header header;
  header.kind = kind;
  header.key = keys_.list[0].id;
  header.to = to;
  header.sender = name_;
  header.counter = ++counter_;
  sealer_->seal(header, plaintext, out);
}

bool OwnSender::is_worn(Moment now) const {
  return counter_ >= most_datagrams || now - since_ >= longest_use;
}

void OwnSender::rename(const seal::SenderName& name, Moment now) {
  sealer_ = cipher_of(keys_, cipher_, name);
  former_ = name_;
  name_ = name;
  since_ = now;
  counter_ = push_ = 0;
}

}  // namespace reprise::cluster
