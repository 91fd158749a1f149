#ifndef ETCH_TEST_ALLOCATIONS_HPP
#define ETCH_TEST_ALLOCATIONS_HPP

namespace etch::test {

/// How often the test program has allocated so far: every form of operator new is counted.
long allocations();

/// How many bytes of them it holds now.
long held_bytes();

/// The bytes of the largest single request since the last call.
long largest_request();

}  // namespace etch::test

#endif
