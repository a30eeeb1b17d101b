#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace reprise::process {

// Whom the children run as. Nothing: as the master.
struct Identity {
  std::optional<uid_t> uid;
  std::optional<gid_t> gid;
  std::vector<gid_t> groups;  // supplementary, set together with uid or gid
};

// Names or numbers to an identity. A `uid` without a `gid` takes the user's own group (uWSGI keeps
// group 0). Throws std::runtime_error: `user X not found.`, `group X not found.`
Identity resolve_identity(const std::string& user, const std::string& group);

// "user" or "user:group"; either may be empty. Throws as above.
Identity resolve_owner(const std::string& owner);

// The supplementary groups become `added`, names or numbers; without any, the user's own stay
// unless `keep_users` is false (`no-initgroups`). Throws std::runtime_error: `unable to find group
// X`.
void change_groups(Identity& identity, const std::vector<std::string>& added, bool keep_users);

// Gives up the rights for good and checks that they are gone. Does nothing for an empty identity
// or when not root. Throws std::system_error.
void drop_privileges(const Identity& identity);

}  // namespace reprise::process
