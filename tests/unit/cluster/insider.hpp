#pragma once

#include <optional>
#include <string>
#include <utility>

#include "harness.hpp"

namespace reprise::cluster::testing {

// A sender with the secret that has proved itself and says what it likes.
class Insider {
public:
  static constexpr unsigned port = 1000;  // where it seems to be

  Insider(World& world, Node& victim)
      : world_(world),
        victim_(victim),
        sender_(*keys_.packets, seal::Cipher::aes_256_gcm, draw_name(), 0) {
    std::string text;
    append(text, Hello{});
    say(seal::Kind::control, text);
    // It is challenged, and answers.
    for (const Flight& flight : std::exchange(world_.flights, {})) {
      if (const auto token = token_in(flight.datagram)) {
        std::string proof;
        append(proof, Proof{*token, victim_.member().own().name(), 0});
        say(seal::Kind::control, proof);
      }
    }
    world_.flights.clear();
  }

  void say(seal::Kind kind, const std::string& messages, std::uint64_t push = 0) {
    std::string plaintext, datagram;
    append_preamble(plaintext, {77, ++time_, push});
    plaintext += messages;
    sender_.seal(kind, 0, plaintext, datagram);
    victim_.hear(datagram, port);
  }

private:
  std::optional<Token> token_in(const std::string& datagram) {
    const seal::Guarded<seal::SenderKeys> keys;
    *keys = seal::sender_keys(keys_.packets->list[0].packet, victim_.member().own().name());
    seal::SenderCipher cipher(*keys, seal::Cipher::aes_256_gcm);
    std::string opened;
    if (!cipher.open(datagram, opened)) return std::nullopt;
    Bytes rest = opened;
    if (!take_preamble(rest)) return std::nullopt;
    const auto messages = read_messages(rest);
    if (!messages) return std::nullopt;
    for (const Message& message : *messages) {
      if (message.type != Type::challenge) continue;
      if (const auto challenge = read_challenge(message.body)) return challenge->token;
    }
    return std::nullopt;
  }

  World& world_;
  Node& victim_;
  seal::CacheKeys keys_ = keys_of({"one"});
  OwnSender sender_;
  std::uint64_t time_ = 0;
};

}  // namespace reprise::cluster::testing
