#pragma once

#include <string>
#include <unordered_map>
#include <utility>

namespace reprise::router {

// How many connections each client address has to this process, and whether it may have another.
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
    int& connections = connections_[address];
    if (connections >= most_) return {};
    ++connections;
    return Share(*this, address);
  }

private:
  void end(const std::string& address) {
    const auto found = connections_.find(address);
    if (found != connections_.end() && --found->second == 0) connections_.erase(found);
  }

  int most_;
  std::unordered_map<std::string, int> connections_;
};

}  // namespace reprise::router
