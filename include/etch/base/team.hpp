#ifndef ETCH_BASE_TEAM_HPP
#define ETCH_BASE_TEAM_HPP

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

#include "etch/base/denormals.hpp"
#include "etch/base/error.hpp"

namespace etch {

/// Threads that share out the tiles of a job. Which thread takes which tile is left to chance, so a
/// tile must compute its whole output itself; then results do not depend on the team's size.
///
/// A run costs no allocation and, while the others still spin, well under a microsecond. Who has
/// waited 20 µs for the next run sleeps; a run does not wait for sleepers: who comes late finds the
/// door closed.
///
/// During a run denormal floats are zero, for all threads alike.
class Team {
 public:
  /// A team of `size` threads, the caller's own one included; 1 starts none. Throws Error where the
  /// system does not give so many.
  explicit Team(int size = 1) {
    try {
      for (int worker = 1; worker < size; ++worker) {
        others_.emplace_back([this, worker] { serve(worker); });
      }
    } catch (const std::system_error&) {
      const std::size_t started = others_.size() + 1;
      stop();
      throw Error("threads", "requires " + std::to_string(size) + " threads, the system gave " +
                                 std::to_string(started) + "; ask for fewer");
    }
  }

  ~Team() { stop(); }

  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;

  int size() const { return 1 + static_cast<int>(others_.size()); }

  /// Calls `job(tile, worker)` once for every tile in [0, tiles), with worker in [0, size()), and
  /// returns when all are done. Called by one thread at a time.
  template <class Job>
  void run(int tiles, Job&& job) {
    const FlushDenormals flush;
    if (others_.empty() || tiles <= 1) {  // touches nothing: a team of one may serve many threads
      for (int tile = 0; tile < tiles; ++tile) job(tile, 0);
      return;
    }
    job_ = &job;
    call_ = [](void* j, int tile, int worker) {
      (*static_cast<std::remove_reference_t<Job>*>(j))(tile, worker);
    };
    tiles_ = tiles;
    next_.store(0, std::memory_order_relaxed);
    open_door();
    work(0);
    close_door();
  }

 private:
  // The door: the upper half counts the runs, one bit says that the door is open, the rest counts
  // who is inside. One word, so that nobody can enter behind a closed door.
  static constexpr std::uint32_t next_run = 1u << 16, open = 1u << 15, inside = open - 1;
  static constexpr std::chrono::microseconds patience{20};

  void open_door() {
    const std::uint32_t now = door_.load(std::memory_order_relaxed);
    // In one order with the sleepers' count of themselves, by which notify_all decides to wake.
    door_.store(((now & ~inside) + next_run) | open, std::memory_order_seq_cst);
    door_.notify_all();
  }

  void stop() {
    stopping_.store(true, std::memory_order_relaxed);
    open_door();
    for (std::thread& other : others_) other.join();
  }

  void close_door() {
    door_.fetch_and(~open, std::memory_order_acq_rel);
    for (int spins = 0; (door_.load(std::memory_order_acquire) & inside) != 0; ++spins) {
      if (spins < 10'000) {
        pause();
      } else {
        std::this_thread::yield();  // somebody inside has lost its processor
      }
    }
  }

  void serve(int worker) {
    const FlushDenormals flush;
    std::uint32_t served = 0;
    for (;;) {
      std::uint32_t now = await_run(served);
      if (stopping_.load(std::memory_order_relaxed)) return;
      if (!door_.compare_exchange_strong(now, now + 1, std::memory_order_acq_rel)) continue;
      served = now / next_run;
      work(worker);
      door_.fetch_sub(1, std::memory_order_release);
    }
  }

  // Waits until the door is open for a run other than `served`, or for the last time: spins first,
  // then sleeps.
  std::uint32_t await_run(std::uint32_t served) {
    auto start = std::chrono::steady_clock::now();
    for (;;) {
      const std::uint32_t now = door_.load(std::memory_order_acquire);
      const bool last = stopping_.load(std::memory_order_relaxed);
      if ((now & open) != 0 && (last || now / next_run != served)) return now;
      pause();
      if (std::chrono::steady_clock::now() - start < patience) continue;
      door_.wait(now);
      start = std::chrono::steady_clock::now();
    }
  }

  void work(int worker) {
    for (;;) {
      const int tile = next_.fetch_add(1, std::memory_order_relaxed);
      if (tile >= tiles_) return;
      call_(job_, tile, worker);
    }
  }

  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
  }

  void* job_ = nullptr;
  void (*call_)(void*, int, int) = nullptr;
  int tiles_ = 0;
  alignas(64) std::atomic<int> next_{0};
  alignas(64) std::atomic<std::uint32_t> door_{0};
  alignas(64) std::atomic<bool> stopping_{false};
  std::vector<std::thread> others_;
};

/// The team of whoever has none: the caller's thread alone.
inline Team& no_team() {
  static Team team;
  return team;
}

}  // namespace etch

#endif
