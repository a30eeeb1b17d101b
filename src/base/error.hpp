#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

namespace reprise {

using boost::system::error_code;
using boost::system::system_error;

template <class T>
using Result = boost::system::result<T>;

// What somebody branches on. Everything else is the system's errno.
enum class errc {
  malformed = 1,  // a peer's bytes do not follow their protocol
  too_large,      // over a configured bound
  timed_out,      // a deadline passed
  closed,         // the other side ended an exchange that was not complete
  tls_failure,    // OpenSSL refused; tls::Failure says why
  unavailable,    // no upstream could be reached
};

const boost::system::error_category& category() noexcept;
error_code make_error_code(errc e) noexcept;

// errno as an error_code.
error_code last_system_error() noexcept;
error_code system_error_code(int number) noexcept;

}  // namespace reprise

template <>
struct boost::system::is_error_code_enum<reprise::errc> : std::true_type {};
