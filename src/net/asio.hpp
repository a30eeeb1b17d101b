#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

// The Asio names in use, and the one completion token: errors come back as values. Coroutines know
// their executor's type, so that waking one needs no call through a virtual table.
namespace reprise::net {

namespace asio = boost::asio;
// For an io_context that no other thread touches: without locks.
inline constexpr int one_thread = BOOST_ASIO_CONCURRENCY_HINT_UNSAFE;

using Executor = asio::io_context::executor_type;
template <class T>
using awaitable = asio::awaitable<T, Executor>;
inline constexpr auto token = asio::as_tuple(asio::use_awaitable_t<Executor>());

}  // namespace reprise::net
