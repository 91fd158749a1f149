#include "etch/base/team.hpp"

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include "catch.hpp"

using etch::Team;

TEST_CASE("A team does every tile once, whatever its size") {
  for (int size : {1, 2, 3, 7}) {
    Team team(size);
    REQUIRE(team.size() == size);
    for (int tiles : {0, 1, 2, 5, 100}) {
      for (int run = 0; run < 50; ++run) {
        std::vector<std::atomic<int>> done(static_cast<std::size_t>(tiles));
        std::atomic<bool> strangers{false};
        team.run(tiles, [&](int tile, int worker) {
          ++done[static_cast<std::size_t>(tile)];
          if (worker < 0 || worker >= size) strangers = true;
        });
        for (const auto& times : done) REQUIRE(times == 1);
        REQUIRE(!strangers);
      }
    }
  }
}

TEST_CASE("Denormals are zero during a run, in every thread, and not after it") {
  volatile float smallest = std::numeric_limits<float>::min(), half = 0.5f;
  for (int size : {1, 3}) {
    Team team(size);
    std::atomic<int> denormal{0};
    for (int run = 0; run < 200; ++run) {
      team.run(30, [&](int, int) { denormal += smallest * half != 0; });
    }
    CHECK(denormal == 0);
    CHECK(smallest * half > 0);
  }
}

TEST_CASE("A run sees what the caller wrote before it, and the caller what the run wrote") {
  Team team(2);
  std::vector<int> values(1000);
  for (int round = 0; round < 2000; ++round) {
    team.run(10, [&](int tile, int) {
      for (int i = 0; i < 100; ++i) ++values[static_cast<std::size_t>(tile * 100 + i)];
    });
  }
  CHECK(values == std::vector<int>(1000, 2000));
}

TEST_CASE("A team that has gone to sleep wakes for the next run") {
  Team team(2);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // far beyond its patience
    std::atomic<int> inside{0};
    std::atomic<bool> met{false};
    team.run(2, [&](int, int) {  // each tile waits for the other: both threads must come
      ++inside;
      const auto start = std::chrono::steady_clock::now();
      while (inside < 2 && std::chrono::steady_clock::now() - start < std::chrono::seconds(10)) {
      }
      if (inside == 2) met = true;
    });
    CHECK(met);
  }
}

TEST_CASE("A team ends whatever number of runs its threads have missed") {
  // The count of runs is kept in 16 bits; a thread that never got a processor must hear of the end
  // even after as many. Many rounds make it likely that some thread sleeps through.
  for (int runs : {65'534, 65'535, 65'536}) {
    Team team(2);
    for (int run = 0; run < runs; ++run) team.run(2, [](int, int) {});
  }
  SUCCEED("it ended");
}

// The address sanitizer needs more addresses than this test leaves.
#if defined(__has_feature)
#define ETCH_HAS_FEATURE(feature) __has_feature(feature)
#else
#define ETCH_HAS_FEATURE(feature) 0
#endif
#if !defined(__SANITIZE_ADDRESS__) && !ETCH_HAS_FEATURE(address_sanitizer)
TEST_CASE("More threads than the system gives are refused in a sentence") {
  rlimit held{};
  getrlimit(RLIMIT_AS, &held);
  rlimit low = held;
  low.rlim_cur = 1ul << 30;  // of address space; each thread's stack takes 8 MiB of it
  setrlimit(RLIMIT_AS, &low);
  std::string message;
  try {
    Team team(100'000);
  } catch (const etch::Error& error) {
    message = error.what();
  }
  setrlimit(RLIMIT_AS, &held);
  CHECK_THAT(message, Catch::Matchers::ContainsSubstring("threads: requires 100000 threads, the "
                                                         "system gave "));
}
#endif
