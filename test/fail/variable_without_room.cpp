// etch: Network: requires as many floats for a layer's Variable as its extents have elements
// shows: variables_hold_elements<0, Scale, Shape<784>>
#include <etch/etch.hpp>

using namespace etch;

struct Scale {
  static constexpr std::string_view name = "scale";
  template <class In>
  using Output = In;
  template <std::size_t Index, class In>
  struct Requirements {};
#ifdef ETCH_FIXED
  static constexpr std::size_t floats = 784;
#else
  static constexpr std::size_t floats = 1;
#endif
  template <class In>
  static constexpr std::array<Variable, 1> variables() {
    return {Variable{"scale", {In::size}, 1, floats, 1, true}};
  }
  template <class In>
  static constexpr std::size_t place(std::size_t, std::size_t i) {
    return i;
  }
};

using Net = Network<Input<784>, Scale, Dense<10>>;

static_assert(Net::parameters > 784);
