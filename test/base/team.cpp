#include "etch/base/team.hpp"

#include <atomic>
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
