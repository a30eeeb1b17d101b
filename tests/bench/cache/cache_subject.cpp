#include "cache/cache.hpp"
#include "subject.hpp"

namespace reprise::bench {
namespace {

class CacheSubject final : public Subject {
public:
  CacheSubject(std::size_t items, std::size_t value_size) {
    cache::Settings settings;
    settings.max_items = items + items / 50 + 2000;  // room for the sets that are measured
    settings.blocksize = value_size < 4096 ? 4096 : value_size;
    settings.keysize = 128;
    settings.eviction = cache::Eviction::oldest;
    cache_ = cache::Cache::create(settings);
  }
  bool get(const Key& key, std::string& value) override {
    item_.value.swap(value);
    const bool found = cache_->get(key.text(), now, item_);
    item_.value.swap(value);
    return found;
  }
  bool set(const Key& key, std::string_view value) override {
    return cache_->set(key.text(), value, now + lifetime, now) == cache::SetResult::stored;
  }
  bool update(const Key& key, std::string_view value) override {
    return cache_->update(key.text(), value, now + lifetime, now) == cache::SetResult::stored;
  }
  void erase(const Key& key) override { cache_->erase(key.text()); }

private:
  static constexpr UnixSeconds now = 1'000'000;
  static constexpr std::uint64_t lifetime = 300;
  std::unique_ptr<cache::Cache> cache_;
  cache::Item item_;
};

}  // namespace

std::unique_ptr<Subject> make_cache(std::size_t items, std::size_t value_size) {
  return std::make_unique<CacheSubject>(items, value_size);
}

}  // namespace reprise::bench
