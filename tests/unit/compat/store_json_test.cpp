#include "compat/store_json.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace reprise::compat {
namespace {

TEST(StoreJson, HasSumsAndServers) {
  stats::StoreSnapshot store;
  store.counters = {{"suspended", 1}, {"found", 7}};
  store.values = {{"good", 7}, {"forged", 2}};
  stats::StoreSnapshot::Server server;
  server.address = "10.0.0.1:6379";
  server.counters = {{"connected", 2}, {"look_ups", 9}};
  server.breaker = {{"closed", 2}, {"open", 0}};
  server.errors = {{"denied", 3}};
  server.look_up_time = {9, 100, 200, 300};
  store.servers.push_back(server);
  JsonPrinter json(/*minified=*/true);
  json.begin_object();
  print_store(json, store);
  json.end_object();
  const boost::json::value expected = {
      {"session_store",
       {{"suspended", 1},
        {"found", 7},
        {"values", {{"good", 7}, {"forged", 2}}},
        {"servers",
         boost::json::array{
             {{"address", "10.0.0.1:6379"},
              {"connected", 2},
              {"look_ups", 9},
              {"breaker", {{"closed", 2}, {"open", 0}}},
              {"errors", {{"denied", 3}}},
              {"look_up_time_us", {{"count", 9}, {"p50", 100}, {"p90", 200}, {"p99", 300}}}}}}}}};
  EXPECT_EQ(boost::json::parse(json.take()), expected);
}

}  // namespace
}  // namespace reprise::compat
