#include "store/redis_value.hpp"

#include <hiredis/hiredis.h>

#include <new>

namespace reprise::store {
namespace {

// hiredis is C: nothing may be thrown through it, and null is how it learns of a failure.
template <class Fill>
void* make(const redisReadTask* task, Fill fill) noexcept {
  try {
    auto made = std::make_unique<RedisValue>();
    fill(*made);
    RedisValue* const value = made.get();
    if (task->parent == nullptr) return made.release();
    auto* const parent = static_cast<RedisValue*>(task->parent->obj);
    parent->list.at(static_cast<std::size_t>(task->idx)) = std::move(made);
    return value;
  } catch (...) {
    return nullptr;
  }
}

RedisValue::Kind kind_of(int type) {
  if (type == REDIS_REPLY_STATUS) return RedisValue::Kind::status;
  if (type == REDIS_REPLY_ERROR) return RedisValue::Kind::error;
  return RedisValue::Kind::text;
}

void* make_string(const redisReadTask* task, char* text, std::size_t size) noexcept {
  return make(task, [&](RedisValue& value) {
    value.kind = kind_of(task->type);
    value.text.assign(text, size);
  });
}

void* make_array(const redisReadTask* task, int elements) noexcept {
  if (elements < 0 || elements > RedisValueReader::most_elements) return nullptr;
  return make(task, [&](RedisValue& value) {
    value.kind = RedisValue::Kind::list;
    value.list.resize(static_cast<std::size_t>(elements));
  });
}

void* make_integer(const redisReadTask* task, long long number) noexcept {
  return make(task, [&](RedisValue& value) {
    value.kind = RedisValue::Kind::number;
    value.number = number;
  });
}

void* make_nil(const redisReadTask* task) noexcept {
  return make(task, [](RedisValue&) {});
}

// The first of them, which owns the others.
void free_value(void* value) noexcept {
  delete static_cast<RedisValue*>(value);
}

redisReplyObjectFunctions functions{make_string, make_array, make_integer, make_nil, free_value};

}  // namespace

void RedisValueReader::Free::operator()(redisReader* reader) const {
  ::redisReaderFree(reader);
}

RedisValueReader::RedisValueReader() : reader_(::redisReaderCreateWithFunctions(&functions)) {
  if (!reader_) throw std::bad_alloc();
}

error_code RedisValueReader::feed(Bytes bytes) {
  // hiredis lets go of what it has read of a list that is not whole, so its own rest says little.
  fed_ += bytes.size();
  if (fed_ > most_bytes) return errc::too_large;
  if (::redisReaderFeed(reader_.get(), bytes.data(), bytes.size()) != REDIS_OK)
    return errc::malformed;
  return {};
}

Result<std::unique_ptr<RedisValue>> RedisValueReader::next() {
  void* value = nullptr;
  if (::redisReaderGetReply(reader_.get(), &value) != REDIS_OK) return errc::malformed;
  if (value != nullptr) fed_ = reader_->len - reader_->pos;
  return std::unique_ptr<RedisValue>(static_cast<RedisValue*>(value));
}

bool RedisValueReader::has_rest() const {
  return reader_->pos < reader_->len;
}

}  // namespace reprise::store
