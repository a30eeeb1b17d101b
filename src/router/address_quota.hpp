#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <string>
#include <unordered_map>
#include <utility>

namespace reprise::router {

// How many connections each client address has to this process, and whether it may have another.
// IPv6 clients have a /64 each (RFC 6177), so that is one address here; IPv4 in IPv6 is IPv4.
class AddressQuota {
public:
  // `most` of one address; 0: any number, and nothing is counted.
  explicit AddressQuota(int most) : most_(most) {}

  // One connection's part of it, given back at its end.
  class Share {
  public:
    Share() = default;
    Share(Share&& other) noexcept
        : quota_(std::exchange(other.quota_, nullptr)), address_(std::move(other.address_)) {}
    Share& operator=(Share&& other) noexcept {
      give_back();
      quota_ = std::exchange(other.quota_, nullptr);
      address_ = std::move(other.address_);
      return *this;
    }
    ~Share() { give_back(); }
    explicit operator bool() const { return quota_ != nullptr; }

  private:
    friend class AddressQuota;
    Share(AddressQuota& quota, std::string address)
        : quota_(&quota), address_(std::move(address)) {}
    void give_back() {
      if (quota_ != nullptr) quota_->end(address_);
      quota_ = nullptr;
    }

    AddressQuota* quota_ = nullptr;
    std::string address_;
  };

  bool limits() const { return most_ > 0; }

  // False if the address has all it may have. The quota outlives its shares.
  Share take(const std::string& address) {
    std::string key = key_of(address);
    int& connections = connections_[key];
    if (connections >= most_) return {};
    ++connections;
    return Share(*this, std::move(key));
  }

private:
  // The bytes that make it one; what is no address is itself.
  static std::string key_of(const std::string& address) {
    static constexpr unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    std::array<char, 16> bytes{};
    if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
    const std::string without_zone = address.substr(0, address.find('%'));
    if (::inet_pton(AF_INET6, without_zone.c_str(), bytes.data()) != 1) return address;
    const bool is_mapped = std::memcmp(bytes.data(), mapped, sizeof mapped) == 0;
    return is_mapped ? std::string(bytes.data() + 12, 4) : std::string(bytes.data(), 8);
  }

  void end(const std::string& address) {
    const auto found = connections_.find(address);
    if (found != connections_.end() && --found->second == 0) connections_.erase(found);
  }

  int most_;
  std::unordered_map<std::string, int> connections_;
};

}  // namespace reprise::router
