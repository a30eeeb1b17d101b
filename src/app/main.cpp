#include <string>
#include <vector>

#include "app/run.hpp"
#include "process/title.hpp"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv, argv + argc);
  reprise::process::remember_title_area(argc, argv);
  return reprise::app::run(arguments);
}
