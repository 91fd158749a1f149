#!/usr/bin/env python3
"""The course's models, trained and asked by etch and by other libraries, in one run.

    meson compile -C build bench_worker logistic_l2 mlp_l2 conv_strided conv_pooled lenet5
    bench/models.py --json build/models.json
    bench/performance_page.py build/models.json          # docs/performance.md

Every library has a process of its own, bound to as many processors as it may have threads. One at a
time works, the others wait for a request; so they are asked in turn, round by round, between probes
of the machine's multiply-add peak. A round in which two probes differ by more than a tenth is
dropped. All begin with the parameters that etch drew and train on the same minibatches; who
computes other losses or outputs is not timed, but reported.

Libraries come from PyPI into a virtual environment in the build folder, PyTorch from Debian's
python3-torch if it is installed. Nothing else should run meanwhile: it takes some ten minutes."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

import tensorflow_venv  # noqa: E402

MODELS = ["logistic_l2", "mlp_l2", "conv_strided", "conv_pooled", "lenet5"]
FRAMEWORKS = ["numpy", "tensorflow_graph", "tensorflow_function", "tensorflow_xla", "jax",
              "pytorch", "onnxruntime"]
INFER_ALONE = ["onnxruntime"]
DEBIANS = {"pytorch": "/usr/bin/python3"}  # PyPI's would bring all of CUDA along
PACKAGES = ["tensorflow-cpu==2.21.0", "numpy==2.4.6", "jax", "onnx", "onnxruntime"]
COMPARED_STEPS, COMPARED_PICTURES = 5, 10
TOLERANCE = 1e-3  # relative, of losses and outputs
TRAINED_STEPS = 100  # by the processes whose start and memory are measured


def fail(what):
    sys.exit(f"etch: models.py: {what}")


class Disagrees(Exception):
    """A worker has no answer, or another one than etch."""


class Worker:
    """A process that answers requests; see worker.cpp and worker.py."""

    def __init__(self, command, threads):
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "OMP_WAIT_POLICY": "PASSIVE",
                       "MALLOC_TRIM_THRESHOLD_": "536870912",  # PyTorch's step takes half the time
                       "MALLOC_MMAP_THRESHOLD_": "536870912"}
        environment.update({f"{name}_NUM_THREADS": str(threads)
                            for name in ("OMP", "OPENBLAS", "MKL")})
        self.process = subprocess.Popen(
            [*bound(threads), *map(str, command)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)

    def ask(self, *words):
        try:
            print(*words, file=self.process.stdin, flush=True)
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Disagrees("its process ended")
        answer = json.loads(line)
        if isinstance(answer, dict) and "error" in answer:
            raise Disagrees(answer["error"])
        return answer

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def bound(threads):
    """The command that binds another one to as many processors as it has threads."""
    return ["taskset", "-c", ",".join(map(str, sorted(os.sched_getaffinity(0))[:threads]))]


def environment(build):
    """The Python of the virtual environment, which is made where it is missing."""
    home = build / "models-venv"
    if not (home / "ready").exists():
        print(f"etch: installing {', '.join(PACKAGES)} into {home}", file=sys.stderr)
        try:
            tensorflow_venv.install(tensorflow_venv.make(home), *PACKAGES)
        except subprocess.CalledProcessError:
            fail(f"{home}: requires Python's venv and the network, one failed; on Debian install "
                 "python3-venv")
        (home / "ready").touch()
    return home / "bin/python"


def python_of(framework, own):
    return DEBIANS.get(framework, own)


def check(found, expected, what):
    """Raises Disagrees unless all numbers are near."""
    largest = max(map(abs, expected))
    worst = max(abs(a - b) for a, b in zip(found, expected, strict=True)) / largest
    if not worst <= TOLERANCE:
        raise Disagrees(f"its {what} differ from etch's by {worst:.1e} of the largest")


def agreeing(model, file, workers, reasons):
    """Those workers that compute what etch does; notes why others are left out."""
    etch = workers["etch"]
    losses = etch.ask("losses", COMPARED_STEPS)
    logits = etch.ask("logits", COMPARED_PICTURES)
    kept = {"etch": etch}
    for name, worker in workers.items():
        if name == "etch":
            continue
        try:
            worker.ask("model", model, file)
            if name not in INFER_ALONE:
                check(worker.ask("losses", COMPARED_STEPS), losses, "losses")
            check(worker.ask("logits", COMPARED_PICTURES), logits, "outputs")
            kept[name] = worker
        except Disagrees as why:
            reasons.append(f"{model}, {name}: {why}")
    return kept


def often(worker, request, seconds=0.15):
    """How often a request takes about so many seconds; what it compiles at first is done then."""
    worker.ask(request, 2)
    return max(1, min(2000, int(2 * seconds / max(worker.ask(request, 2)[0], 1e-6))))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def rounds(workers, count):
    """The median seconds of each worker's step, pass over 1,000 pictures, and picture."""
    counts, found, dropped, peaks = {}, {}, 0, []
    for name, worker in workers.items():
        for request in ("step", "infer"):
            if not (request == "step" and name in INFER_ALONE):
                counts[name, request] = often(worker, request)
        worker.ask("latency", 20)
    for _ in range(count):
        here, probes = {}, workers["etch"].ask("peak", 3)
        for (name, request), times in counts.items():
            here[name, request] = workers[name].ask(request, times)[0] / times
        for name, worker in workers.items():
            latencies = worker.ask("latency", 200)
            here[name, "latency"] = statistics.median(latencies)
            here[name, "latency_p99"] = percentile(latencies, 0.99)
        probes = max(probes), max(workers["etch"].ask("peak", 3))
        if max(probes) > 1.1 * min(probes):
            dropped += 1
            continue
        peaks += probes
        for key, seconds in here.items():
            found.setdefault(key, []).append(seconds)
    medians = {key: statistics.median(seconds) for key, seconds in found.items()}
    return medians, dropped, statistics.median(peaks) if peaks else None


def whole(command, threads):
    """Seconds from a process's start to its first step's line, and its largest size in bytes."""
    start = time.perf_counter()
    process = subprocess.Popen([*bound(threads), *map(str, command)], text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    first = None
    for line in process.stdout:
        if first is None and line.startswith("Minibatch"):
            first = time.perf_counter() - start
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = status
    return (first, usage.ru_maxrss * 1024) if status == 0 and first is not None else None


def measure(model, threads, options, own, versions, reasons):
    """One model's rows: one for each library, seconds by quantity."""
    build = options.build
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "initial.safetensors"
        program = build / "examples" / model
        saved = subprocess.run([program, "--steps", "0", "--save", file], capture_output=True,
                               text=True)
        if saved.returncode != 0:
            fail(f"{program}: requires a program that runs, one that fails came: {saved.stderr}")
        commands = {"etch": [build / "bench/bench_worker", model, "--init", file, "--threads",
                             threads]}
        script = ROOT / "bench/worker.py"
        for name in options.frameworks:
            commands[name] = [python_of(name, own), script, name, "--threads", threads]
        workers = {name: Worker(command, threads) for name, command in commands.items()}
        kept = agreeing(model, file, workers, reasons)
        for name, worker in kept.items():
            if name != "etch" and name not in versions:
                versions[name] = worker.ask("version")
        medians, dropped, peak = rounds(kept, options.rounds)
        for worker in workers.values():
            worker.end()

        rows = []
        for name in kept:
            row = {"model": model, "threads": threads, "framework": name, "dropped": dropped,
                   "peak": peak}
            row.update({quantity: seconds for (who, quantity), seconds in medians.items()
                        if who == name})
            train = None
            if name == "etch":
                train = [program, "--steps", TRAINED_STEPS, "--eval-every", TRAINED_STEPS,
                         "--threads", threads]
            elif name not in INFER_ALONE:
                train = [*commands[name], "--train", model, file, TRAINED_STEPS]
            if train is not None and (found := whole(train, threads)) is not None:
                row["start"], row["memory"] = found
            rows.append(row)
        return rows


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS)
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=FRAMEWORKS)
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--json", type=pathlib.Path, required=True)
    options = parser.parse_args()
    if not (options.build / "bench/bench_worker").exists():
        fail(f"{options.build}: requires bench_worker in it, there is none; run the first line of "
             "--help")
    return options


def main():
    options = arguments()
    own = environment(options.build)
    versions, reasons, rows = {}, [], []
    version = subprocess.run([options.build / "examples" / options.models[0], "--version"],
                             capture_output=True, text=True).stdout.strip()
    for threads in options.threads:
        for model in options.models:
            print(f"etch: {model}, {threads} thread(s)", file=sys.stderr, flush=True)
            rows += measure(model, threads, options, own, versions, reasons)
            # After each model, so that a run that is broken off is not lost.
            report = {"machine": {"processor": processor(), "simd": version.split()[-1]},
                      "date": time.strftime("%Y-%m-%d"), "rounds": options.rounds,
                      "versions": versions, "reasons": sorted(set(reasons)), "rows": rows}
            options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
