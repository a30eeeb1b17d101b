#include "compat/store_json.hpp"

namespace reprise::compat {
namespace {

using Counts = stats::StoreSnapshot::Counts;

void print_members(JsonPrinter& json, const Counts& counts) {
  for (const auto& [name, count] : counts)
    json.member(name, count);
}

void print_object(JsonPrinter& json, const char* name, const Counts& counts) {
  json.begin_object(name);
  print_members(json, counts);
  json.end_object();
}

}  // namespace

void print_store(JsonPrinter& json, const stats::StoreSnapshot& store) {
  json.begin_object("session_store");
  print_members(json, store.counters);
  print_object(json, "values", store.values);
  json.begin_list("servers");
  for (const stats::StoreSnapshot::Server& server : store.servers) {
    json.begin_object();
    json.member("address", server.address);
    print_members(json, server.counters);
    print_object(json, "breaker", server.breaker);
    print_object(json, "errors", server.errors);
    json.begin_object("look_up_time_us");
    json.member("count", server.look_up_time.count);
    json.member("p50", server.look_up_time.p50);
    json.member("p90", server.look_up_time.p90);
    json.member("p99", server.look_up_time.p99);
    json.end_object();
    json.end_object();
  }
  json.end_list();
  json.end_object();
}

}  // namespace reprise::compat
