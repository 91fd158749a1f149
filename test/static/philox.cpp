// Philox4x32-10 gives the known answers of Random123 (its file kat_vectors), checked by the
// compiler: it compiles or it fails.
#include "etch/base/philox.hpp"

namespace etch {
namespace {

using Counter = Philox::Counter;

static_assert(Philox::draw({0, 0, 0, 0}, {0, 0}) ==
              Counter{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
static_assert(Philox::draw({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
                           {0xffffffff, 0xffffffff}) ==
              Counter{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
static_assert(Philox::draw({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                           {0xa4093822, 0x299f31d0}) ==
              Counter{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});

// What a draw depends on has its own place in the counter and the key.

constexpr RandomStream stream{0x0123456789abcdef, Purpose::shuffle, 0x000abc, 77};
static_assert(stream.key() == Philox::Key{0x89abcdef, 0x01234567});
static_assert(stream.counter(5, 6) == Counter{5, 6, 0x02000abc, 77});
static_assert(stream.word(9) == stream.block(2)[1]);

static_assert(uniform(0) == 0 && uniform(0x80000000) == 0.5f && uniform(0xffffffff) < 1);
static_assert(below(10, 0) == 0 && below(10, 0x80000000) == 5 && below(10, 0xffffffff) == 9);

}  // namespace
}  // namespace etch
