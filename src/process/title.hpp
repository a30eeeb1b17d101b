#pragma once

#include <string_view>

namespace reprise::process {

// Remembers where the kernel shows the command line from. Called once, first thing in main, with
// main's own argv.
void remember_title_area(int argc, char** argv);

// What ps shows for this process (`auto-procname`, `procname*`). A title that is longer than the
// command line takes the environment's place too, which the program then has elsewhere; it is cut
// to both.
void set_title(std::string_view title);

}  // namespace reprise::process
