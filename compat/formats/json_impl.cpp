#include <boost/json/src.hpp>  // Boost.JSON as headers: this file compiles it
