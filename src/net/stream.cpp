#include "net/stream.hpp"

namespace reprise::net {

awaitable<Result<std::size_t>> read_some(Stream& stream, Buffer into) {
  for (;;) {
    const Step step = stream.read(into);
    if (step.error) co_return step.error;
    if (step.want == Want::nothing) co_return step.bytes;
    const error_code error = co_await stream.socket().ready(step.want);
    if (error) co_return error;
  }
}

awaitable<error_code> write_all(Stream& stream, Bytes from) {
  while (!from.empty()) {
    const Step step = stream.write(from);
    if (step.error) co_return step.error;
    from.remove_prefix(step.bytes);
    if (step.want == Want::nothing) continue;
    const error_code error = co_await stream.socket().ready(step.want);
    if (error) co_return error;
  }
  co_return error_code();
}

}  // namespace reprise::net
