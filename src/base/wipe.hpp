#pragma once

#include <string.h>

#include <string>

namespace reprise {

// Empties a text that held secrets, so that nothing of them stays in its memory.
inline void wipe(std::string& text) {
  ::explicit_bzero(text.data(), text.size());
  text.clear();
}

}  // namespace reprise
