#include "process/privileges.hpp"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

namespace reprise::process {
namespace {

template <class Id>
std::optional<Id> number(const std::string& text) {
  Id value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::vector<gid_t> groups_of(const char* user, gid_t primary) {
  int count = 0;
  ::getgrouplist(user, primary, nullptr, &count);  // asks for the count
  std::vector<gid_t> groups(static_cast<std::size_t>(std::max(count, 1)));
  count = static_cast<int>(groups.size());
  if (::getgrouplist(user, primary, groups.data(), &count) < 0) return {primary};
  groups.resize(static_cast<std::size_t>(count));
  return groups;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::system_category(), what);
}

}  // namespace

void change_groups(Identity& identity, const std::vector<std::string>& added, bool keep_users) {
  if (!keep_users || !added.empty()) identity.groups.clear();
  for (const std::string& name : added) {
    const ::group* const found = ::getgrnam(name.c_str());
    const auto gid = found != nullptr ? std::optional(found->gr_gid) : number<gid_t>(name);
    if (!gid) throw std::runtime_error("unable to find group " + name);
    identity.groups.push_back(*gid);
  }
}

Identity resolve_identity(const std::string& user, const std::string& group) {
  Identity identity;
  if (!group.empty()) {
    if (const ::group* found = ::getgrnam(group.c_str())) {
      identity.gid = found->gr_gid;
    } else if (auto gid = number<gid_t>(group)) {
      identity.gid = *gid;
    } else {
      throw std::runtime_error("group " + group + " not found.");
    }
    identity.groups = {*identity.gid};
  }
  if (user.empty()) return identity;
  const ::passwd* found = ::getpwnam(user.c_str());
  if (found == nullptr) {
    const auto uid = number<uid_t>(user);
    if (!uid) throw std::runtime_error("user " + user + " not found.");
    identity.uid = *uid;
    found = ::getpwuid(*uid);
    if (found == nullptr && !identity.gid) {
      throw std::runtime_error("user " + user + " has no group of its own: give a gid too.");
    }
  } else {
    identity.uid = found->pw_uid;
  }
  if (!identity.gid) identity.gid = found->pw_gid;
  if (found != nullptr) identity.groups = groups_of(found->pw_name, *identity.gid);
  return identity;
}

Identity resolve_owner(const std::string& owner) {
  const std::size_t colon = owner.find(':');
  Identity identity;
  identity.uid = resolve_identity(owner.substr(0, colon), "").uid;
  if (colon != std::string::npos) identity.gid = resolve_identity("", owner.substr(colon + 1)).gid;
  return identity;
}

void drop_privileges(const Identity& identity) {
  if (::geteuid() != 0) return;
  if (identity.gid) {
    if (::setgroups(identity.groups.size(), identity.groups.data()) != 0) fail("setgroups()");
    if (::setgid(*identity.gid) != 0) fail("setgid()");
  }
  if (identity.uid && *identity.uid != 0) {
    if (::setuid(*identity.uid) != 0) fail("setuid()");
    if (::setuid(0) == 0) throw std::runtime_error("setuid() left a way back to root");
  }
}

}  // namespace reprise::process
