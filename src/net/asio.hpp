#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

// The Asio names in use, and the one completion token: errors come back as values.
namespace reprise::net {

namespace asio = boost::asio;
using asio::awaitable;
inline constexpr auto token = asio::as_tuple(asio::use_awaitable);

}  // namespace reprise::net
