#include "etch/app/profile.hpp"

#include <string>

#include "catch.hpp"

using namespace etch::app;

TEST_CASE("A profile gives each part per step, and what is left of the step") {
  // 100 steps of 10 us; 2 MFLOP in 400 us are 5 GFLOP/s, half of the peak.
  const std::string table = profile_table(
      {{"0_dense", "forward", 400e-6, 2e6}, {"1_relu", "forward", 350e-6, 0}}, 100, 1e-3, 1, 10e9);
  CHECK(table ==
        "Profile of 100 timed steps on 1 thread, FMA peak 10.0 GFLOP/s each\n"
        "Layer               Pass               us a step    Share  GFLOP/s  Of peak\n"
        "---------------------------------------------------------------------------\n"
        "0_dense             forward                 4.00    40.0%      5.0    50.0%\n"
        "1_relu              forward                 3.50    35.0%\n"
        "rest                                        2.50    25.0%\n"
        "---------------------------------------------------------------------------\n"
        "step                                       10.00   100.0%      2.0    20.0%\n");
}

TEST_CASE("The table is as wide as its longest name") {
  const std::string table = profile_table(
      {{"0_conv2d+max_pool2d+relu", "forward", 1e-3, 0}, {"input", "gather", 1e-3, 0}}, 100, 2e-3,
      1, 10e9);
  CHECK(table.find("\nLayer                     Pass               us a step") !=
        std::string::npos);
  CHECK(table.find("\n0_conv2d+max_pool2d+relu  forward                10.00    50.0%\n") !=
        std::string::npos);
  CHECK(table.find("\ninput                     gather                 10.00    50.0%\n") !=
        std::string::npos);
}

TEST_CASE("Without steps there is nothing to tell") {
  CHECK(profile_table({{"update", "", 0, 0}}, 0, 0, 1, 10e9) == "Profile of 0 timed steps\n");
}

TEST_CASE("The threads of a team share a step: its time counts for each") {
  const std::string table = profile_table({{"update", "", 500e-6, 0}}, 100, 1e-3, 2, 10e9);
  CHECK(table.find("on 2 threads") != std::string::npos);
  CHECK(table.find("\nupdate                                      5.00    25.0%\n") !=
        std::string::npos);
  CHECK(table.find("\nrest                joins, waiting         15.00    75.0%\n") !=
        std::string::npos);
  CHECK(table.find("\nstep                times threads          20.00   100.0%\n") !=
        std::string::npos);
}
