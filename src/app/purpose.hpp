#pragma once

namespace reprise::app {

enum class Purpose {
  serve,
  check,  // only whether it can be done: nothing of it stays, no store is opened, no item stored
};

}  // namespace reprise::app
