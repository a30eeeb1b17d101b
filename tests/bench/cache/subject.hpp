#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace reprise::bench {

constexpr std::size_t key_size = 32;  // of a TLS session id

// The key of a number: looks random, costs a few nanoseconds.
struct Key {
  explicit Key(std::uint64_t number) {
    for (std::uint64_t& word : words) {
      number += 0x9e3779b97f4a7c15;
      std::uint64_t z = number;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
      z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
      word = z ^ (z >> 31);
    }
  }
  std::string_view text() const { return {reinterpret_cast<const char*>(words), key_size}; }
  std::uint64_t words[4];
};

// What is measured: something that keeps values under keys for all processes of the machine.
class Subject {
public:
  virtual ~Subject() = default;
  virtual bool get(const Key& key, std::string& value) = 0;
  virtual bool set(const Key& key, std::string_view value) = 0;     // of a new key
  virtual bool update(const Key& key, std::string_view value) = 0;  // of one that is there
  virtual void erase(const Key& key) = 0;
  // In a child process, before its first use: connections are not shared.
  virtual void in_child() {}
};

// `items` may be there at a time, with values of up to `value_size` bytes.
std::unique_ptr<Subject> make_cache(std::size_t items, std::size_t value_size);
// A bare table of fixed places in shared memory: under one robust mutex, or with 64 of them and
// reads that take none (seqlock).
std::unique_ptr<Subject> make_mutex_table(std::size_t items, std::size_t value_size);
std::unique_ptr<Subject> make_seqlock_table(std::size_t items, std::size_t value_size);
// Null if there is no memcached.
std::unique_ptr<Subject> make_memcached(std::size_t items, std::size_t value_size);

}  // namespace reprise::bench
