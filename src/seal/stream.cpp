#include "seal/stream.hpp"

#include <array>
#include <cassert>

#include "base/wipe.hpp"
#include "seal/number.hpp"

namespace reprise::seal {
namespace {

constexpr std::size_t tag_size = record_overhead - record_head_size;

using Nonce = std::array<unsigned char, 12>;

Nonce nonce_of(std::uint64_t number) {
  Nonce nonce{};
  for (std::size_t i = 0; i < sizeof number; ++i)
    nonce[i] = static_cast<unsigned char>(number >> (8 * i));
  return nonce;
}

}  // namespace

std::size_t record_size(Bytes head) {
  return record_head_size + number_at(head, 0, record_head_size);
}

RecordSealer::RecordSealer(const Key& key, Cipher cipher) : context_(make_context()) {
  check_sealing(
      ::EVP_EncryptInit_ex(context_.get(), type_of(cipher), nullptr, key.data(), nullptr));
}

void RecordSealer::seal(Bytes plaintext, std::string& out) {
  assert(plaintext.size() + tag_size < std::size_t{1} << 24);
  const std::size_t begin = out.size();
  const std::size_t body = begin + record_head_size;
  append_number(out, plaintext.size() + tag_size, record_head_size);
  out.resize(body + plaintext.size() + tag_size);
  auto* const at = reinterpret_cast<unsigned char*>(out.data());
  const Nonce nonce = nonce_of(number_++);
  int size = 0;
  check_sealing(::EVP_EncryptInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data()));
  check_sealing(::EVP_EncryptUpdate(context_.get(), nullptr, &size, at + begin,
                                    static_cast<int>(record_head_size)));
  check_sealing(::EVP_EncryptUpdate(context_.get(), at + body, &size, raw(plaintext),
                                    static_cast<int>(plaintext.size())));
  check_sealing(::EVP_EncryptFinal_ex(context_.get(), at + body + size, &size));
  check_sealing(::EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG,
                                      static_cast<int>(tag_size), at + body + plaintext.size()));
}

RecordOpener::RecordOpener(const Key& key, Cipher cipher) : context_(make_context()) {
  check_sealing(
      ::EVP_DecryptInit_ex(context_.get(), type_of(cipher), nullptr, key.data(), nullptr));
}

bool RecordOpener::open(Bytes record, std::string& plaintext) {
  wipe(plaintext);
  const bool whole = record.size() >= record_overhead && record.size() == record_size(record);
  broken_ = broken_ || !whole;
  if (broken_) return false;
  const Bytes sealed = record.substr(record_head_size, record.size() - record_overhead);
  // OpenSSL reads the tag only, in spite of its type.
  auto* const tag = const_cast<unsigned char*>(raw(record) + record.size() - tag_size);
  plaintext.resize(sealed.size());
  auto* const into = reinterpret_cast<unsigned char*>(plaintext.data());
  const Nonce nonce = nonce_of(number_++);
  int size = 0;
  check_sealing(::EVP_DecryptInit_ex(context_.get(), nullptr, nullptr, nullptr, nonce.data()));
  check_sealing(::EVP_DecryptUpdate(context_.get(), nullptr, &size, raw(record),
                                    static_cast<int>(record_head_size)));
  check_sealing(::EVP_DecryptUpdate(context_.get(), into, &size, raw(sealed),
                                    static_cast<int>(sealed.size())));
  check_sealing(::EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG,
                                      static_cast<int>(tag_size), tag));
  if (::EVP_DecryptFinal_ex(context_.get(), into + size, &size) == 1) return true;
  broken_ = true;
  wipe(plaintext);
  return false;
}

}  // namespace reprise::seal
