"""Processes that models.py measures: what they may use, and how they are asked."""

import collections
import json
import os
import pathlib
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")


class Disagrees(Exception):
    """A worker has no answer, or another one than etch."""


class Worker:
    """A process that answers requests; see worker.cpp and worker.py."""

    def __init__(self, command, threads):
        self.process = subprocess.Popen(
            [*bound(threads), *map(str, command)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=surroundings(threads))

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Disagrees("its process ended")
        try:
            answer = json.loads(line)
        except ValueError:
            raise Disagrees(f"its answer was {line.strip()}") from None
        if isinstance(answer, dict) and "error" in answer:
            raise Disagrees(answer["error"])
        return answer

    def cpu_seconds(self):
        """All its threads' so far."""
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = stat.rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def end(self):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it has ended by itself
        self.process.stdout.close()
        self.process.wait()


def processors():
    """Those that this process may use, hardware threads of one core last."""
    cores = collections.Counter()

    def order(cpu):
        siblings = pathlib.Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        core = siblings.read_text() if siblings.exists() else str(cpu)
        cores[core] += 1
        return cores[core], cpu

    return sorted(sorted(os.sched_getaffinity(0)), key=order)


def bound(threads):
    """The command that binds another one to as many processors as it has threads."""
    return ["taskset", "-c", ",".join(map(str, processors()[:threads]))]


def surroundings(threads):
    """A library's environment variables."""
    counts = {f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")}
    if threads == 1:
        counts["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return {**os.environ, **counts,
            # PyTorch's OpenMP and its OpenBLAS have threads of their own; where those of one spin,
            # the other's wait. On two processors a step of mlp_l2 took 19 ms by default, 4.0 ms
            # without spinning (OMP_WAIT_POLICY), 3.8 ms with this; of lenet5 3.2, 3.6 and 2.5 ms.
            "GOMP_SPINCOUNT": "3000",
            # Not by default on all processors: TensorFlow's convolutions take a third of the time,
            # at worst a picture alone takes a fifth longer.
            "TF_ENABLE_ONEDNN_OPTS": "1",
            # Memory that stays with the process: PyTorch's step takes half the time.
            "MALLOC_TRIM_THRESHOLD_": "536870912", "MALLOC_MMAP_THRESHOLD_": "536870912",
            "JAX_PLATFORMS": "cpu", "TF_CPP_MIN_LOG_LEVEL": "3"}
