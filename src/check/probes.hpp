#pragma once

#include "check/report.hpp"
#include "config/config.hpp"

namespace reprise::check {

// What a start would ask of the machine, each thing by itself, so that one mistake hides no other.
// Nothing is started, listened to, written or left behind. Findings go to the report; a listener's
// certificate adds facts to the plan's items, which stand in the order of the configuration.

// Users, files to be written, caches with their stores, what is stored at the start.
void probe_files(const config::Config& config, Report& report);

// Certificates, keys and client CAs: whether they can be used, and until when. Tells the listeners
// that share their sessions.
void probe_certificates(const config::Config& config, Report& report);

// The directory that addresses are told from; where the applications are.
void probe_directory(const config::Config& config, Report& report);
void probe_applications(const config::Config& config, Report& report);

// Whose announces are believed, what is announced, and the keys of both.
void probe_subscriptions(const config::Config& config, Report& report);

// The store of sessions: its secret and files, and whether each of its servers welcomes us.
void probe_store(const config::Config& config, Report& report);

// Addresses to listen at are bound and closed; hosts are asked for, with a bound in time.
void probe_addresses(const config::Config& config, Report& report);

}  // namespace reprise::check
