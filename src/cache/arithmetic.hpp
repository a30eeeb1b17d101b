#pragma once

#include <cstdint>

namespace reprise::cache {

// A change of a number: 64 bits, signed, in the machine's byte order, wrapping around.
struct Arithmetic {
  enum class Operation { increment, decrement, multiply, divide };
  Operation operation = Operation::increment;
  std::int64_t operand = 1;
};

// As in the original; division by zero gives 0.
inline std::int64_t apply(const Arithmetic& change, std::int64_t to) {
  const auto a = static_cast<std::uint64_t>(to);
  const auto b = static_cast<std::uint64_t>(change.operand);
  switch (change.operation) {
    case Arithmetic::Operation::increment:
      return static_cast<std::int64_t>(a + b);
    case Arithmetic::Operation::decrement:
      return static_cast<std::int64_t>(a - b);
    case Arithmetic::Operation::multiply:
      return static_cast<std::int64_t>(a * b);
    case Arithmetic::Operation::divide:
      if (change.operand == 0) return 0;
      // The one quotient that does not fit, for which processors trap.
      if (change.operand == -1) return static_cast<std::int64_t>(0 - a);
      return to / change.operand;
  }
  return to;
}

}  // namespace reprise::cache
