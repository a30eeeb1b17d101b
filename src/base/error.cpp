#include "base/error.hpp"

#include <cerrno>

namespace reprise {
namespace {

class Category final : public boost::system::error_category {
public:
  const char* name() const noexcept override { return "reprise"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::malformed:
        return "malformed";
      case errc::too_large:
        return "too large";
      case errc::timed_out:
        return "timed out";
      case errc::closed:
        return "closed early";
      case errc::tls_failure:
        return "TLS failure";
      case errc::unavailable:
        return "no upstream available";
    }
    return "unknown";
  }
};

}  // namespace

const boost::system::error_category& category() noexcept {
  static const Category instance;
  return instance;
}

error_code make_error_code(errc e) noexcept {
  return {static_cast<int>(e), category()};
}

error_code last_system_error() noexcept {
  return system_error_code(errno);
}

error_code system_error_code(int number) noexcept {
  return {number, boost::system::system_category()};
}

}  // namespace reprise
