#!/usr/bin/env python3
"""The course's models, trained and asked by etch and by other libraries, in one run.

    meson compile -C build bench_worker logistic_l2 mlp_l2 conv_strided conv_pooled lenet5
    bench/models.py --json build/models.json

See bench/performance.sh, which makes docs/performance.md of it.

Every library has a process of its own, bound to as many processors as it may have threads. One at a
time works, the others wait for a request; so they are asked in turn, round by round, each turn
between two probes of the machine's multiply-add peak. A turn is dropped if its probes differ by
more than a tenth, or if others had more than a tenth of its processors' time, and taken again in a
further round, of which there are as many again at most. All begin with the parameters that etch
drew and train on the same minibatches; who computes other losses or outputs is not timed, but
reported. In the same way, whole processes are then started in turn, as a user would start them.

Libraries come from PyPI into a virtual environment in the build folder, in about half a minute.
PyPI's PyTorch needs all of CUDA on x86-64, so Debian's is taken, if it is there: apt-get install
python3-torch libopenblas0-pthread. Nothing else should run meanwhile: it takes a quarter of an
hour."""

import argparse
import collections
import functools
import json
import os
import pathlib
import pty
import resource
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT / "tools"))

import processor  # noqa: E402
import tensorflow_venv  # noqa: E402
from processes import Disagrees, TICKS, Worker, bound, processors, surroundings  # noqa: E402

MODELS = ["logistic_l2", "mlp_l2", "conv_strided", "conv_pooled", "lenet5"]
FRAMEWORKS = ["numpy", "tensorflow_graph", "tensorflow_function", "tensorflow_xla", "jax",
              "pytorch", "onnxruntime"]
INFER_ALONE = ["onnxruntime"]
DEBIANS = {"pytorch": "/usr/bin/python3"}  # PyPI's would bring all of CUDA along
PACKAGES = [*tensorflow_venv.TENSORFLOW, "jax==0.10.2", "onnx==1.23.2", "onnxruntime==1.32.0"]
THREADS = [1, 2][:len(processors())]
COMPARED_STEPS, COMPARED_PICTURES = 5, 10
TOLERANCE = 1e-3  # relative, of losses and outputs
TRAINED_STEPS = 100  # by the processes whose start and memory are measured
STARTS = 3  # of them, quiet ones
SPUN = 0.12  # s after which libraries' threads no longer spin for more work
LATENCIES = 500  # pictures in a turn, alone,
WARMING = 20     # after some that wake the processor and bring back the network's data
NOISE = 0.1  # by which the probes around a turn may differ, and others' share of its processors


def fail(what):
    sys.exit(f"etch: models.py: {what}")


def environment(build):
    """The Python of the virtual environment, which is made where it is missing. A package that
    cannot be had is left out; then its library has no answers. The next run asks for it again, and
    for it alone."""
    home = build / "models-venv"
    python, ready = home / "bin/python", home / "ready"
    missing = ready.read_text().split() if ready.exists() else PACKAGES
    if not missing:
        return python
    print(f"etch: installing {', '.join(missing)} into {home}", file=sys.stderr)
    if not ready.exists():
        try:
            tensorflow_venv.make(home)
        except subprocess.CalledProcessError:
            fail(f"{home}: requires Python's venv, it failed; on Debian install python3-venv")
    missing = [package for package in missing if not installed(python, package)]
    ready.write_text(" ".join(missing))
    if missing:
        print(f"etch: {home}: requires {', '.join(missing)}, pip had none; goes on without",
              file=sys.stderr)
    return python


def installed(python, package):
    """Whether it is, now."""
    try:
        tensorflow_venv.install(python, package)
    except subprocess.CalledProcessError:
        return False
    return True


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
            reasons[name] = str(why)
    return kept


def often(worker, request, seconds=0.15):
    """How often a request takes about so many seconds; what it compiles at first is done then."""
    worker.ask(request, 2)
    return max(1, min(5000, int(seconds / max(worker.ask(request, 3)[0] / 3, 1e-7))))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def turn(worker, counts):
    """Seconds of a step, of a pass over 1,000 pictures, and of each of many single pictures; and
    those of processors that it used."""
    before = worker.cpu_seconds()
    found = {request: worker.ask(request, count)[0] / count for request, count in counts.items()}
    found["latencies"] = worker.ask("latency", WARMING + LATENCIES)[WARMING:]
    return found, worker.cpu_seconds() - before


def busy_seconds(threads):
    """Those of the processors in use, whoever used them, other machines included."""
    names = {f"cpu{cpu}" for cpu in processors()[:threads]}
    ticks = 0
    for line in pathlib.Path("/proc/stat").read_text().splitlines():
        name, *counts = line.split()
        if name in names:
            user, nice, system, _, _, irq, softirq, steal = map(int, counts[:8])
            ticks += user + nice + system + irq + softirq + steal
    return ticks / TICKS


def among_others(take, threads):
    """What a turn found, and the share of its processors' time that others had."""
    start, busy = time.perf_counter(), busy_seconds(threads)
    found, own = take()
    others = busy_seconds(threads) - busy - own
    rounding = (1 + threads) / TICKS  # of each counter
    return found, (others - rounding) / (threads * (time.perf_counter() - start))


def rounds(takes, count, threads, probe):
    """`count` quiet turns of each function by name, how many were dropped, and all that `probe`
    saw."""
    turns, dropped, peaks = {name: [] for name in takes}, collections.Counter(), [probe()]
    for _ in range(2 * count):
        for name, take in takes.items():
            if len(turns[name]) == count:
                continue
            found, others = among_others(take, threads)
            peaks.append(probe())
            if others > NOISE or max(peaks[-2:]) > (1 + NOISE) * min(peaks[-2:]):
                dropped[name] += 1
            else:
                turns[name].append(found)
    return turns, dropped, peaks


def warm_turns(workers):
    """The function of each worker's turn, once all that is compiled at first is."""
    takes = {}
    for name, worker in workers.items():
        requests = ["infer"] if name in INFER_ALONE else ["step", "infer"]
        counts = {request: often(worker, request) for request in requests}
        worker.ask("latency", WARMING)
        takes[name] = functools.partial(turn, worker, counts)
    return takes


def summary(turns):
    """Medians of a worker's turns; of the single pictures together."""
    if not turns:
        return {}
    found = {key: statistics.median(each[key] for each in turns)
             for key in turns[0] if key != "latencies"}
    if "latencies" in turns[0]:
        latencies = [seconds for each in turns for seconds in each["latencies"]]
        found["latency"] = statistics.median(latencies)
        found["latency_p99"] = percentile(latencies, 0.99)
    return found


def whole(command, threads):
    """Seconds from a process's start to its first step's line, and its largest size in bytes,
    nothing where it fails; and the seconds of processors. It has a terminal, so that a line is seen
    when it is printed."""
    before = used_seconds()
    terminal, its_end = pty.openpty()
    process = subprocess.Popen(
        [*bound(threads), sys.executable, "-I", "-S", ROOT / "bench/peak_memory.py",
         *map(str, command)],
        stdin=subprocess.DEVNULL, stdout=its_end, stderr=subprocess.PIPE, text=True,
        env=surroundings(threads))
    os.close(its_end)
    first, seen = None, b""
    while some := read_some(terminal):
        seen += some
        if first is None and b"Minibatch" in seen:
            first = time.monotonic()
    os.close(terminal)
    said = process.communicate()[1].splitlines()
    used = used_seconds() - before
    if process.returncode != 0 or first is None:
        return {}, used
    start, memory = said[-1].split()
    return {"start": first - float(start), "memory": int(memory)}, used


def used_seconds():
    """Of processors, by this process and those that it waited for."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def read_some(terminal):
    """Bytes; none when all who write to it have ended."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""


def measure(model, threads, options, own, versions):
    """One model's rows, one for each library, seconds by quantity; and why others have none."""
    build, reasons = options.build, {}
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

        def probe():
            time.sleep(SPUN)
            return max(workers["etch"].ask("peak", 3))

        kept = agreeing(model, file, workers, reasons)
        for name, worker in kept.items():
            if name != "etch" and name not in versions:
                versions[name] = worker.ask("version")
        turns, dropped, peaks = rounds(warm_turns(kept), options.rounds, threads, probe)
        for name in {*workers} - {"etch"}:
            workers[name].end()
        trains = {"etch": [program, "--steps", TRAINED_STEPS, "--eval-every", TRAINED_STEPS,
                           "--threads", threads]}
        trains.update({name: [*commands[name], "--train", model, file, TRAINED_STEPS]
                       for name in kept if name not in ["etch", *INFER_ALONE]})
        starts, refused, _ = rounds({name: functools.partial(whole, command, threads)
                                     for name, command in trains.items()}, STARTS, threads, probe)
        workers["etch"].end()
        starts = {name: [found for found in each if found] for name, each in starts.items()}
        for name in kept:
            if not turns[name]:
                reasons[name] = "no turn was quiet, for a step or inference"
            elif not starts.get(name, True):
                reasons[name] = "its whole program failed, or no start was quiet"
    rows = [{"model": model, "threads": threads, "framework": name,
             "peak": statistics.median(peaks), "dropped": dropped[name] + refused[name],
             **summary(turns[name]), **summary(starts.get(name))} for name in kept]
    return rows, [{"model": model, "threads": threads, "framework": name, "why": why}
                  for name, why in reasons.items()]


def arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", choices=MODELS, default=MODELS, metavar="NAME",
                        help=" ".join(MODELS))
    parser.add_argument("--frameworks", nargs="+", choices=FRAMEWORKS, default=FRAMEWORKS,
                        metavar="NAME", help=" ".join(FRAMEWORKS))
    parser.add_argument("--threads", nargs="+", type=int, default=THREADS, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, help="quiet turns of each library")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build", metavar="DIR")
    parser.add_argument("--json", type=pathlib.Path, required=True, metavar="FILE",
                        help="where the figures go, after each model")
    options = parser.parse_args()
    for program in ["bench/bench_worker", *(f"examples/{model}" for model in options.models)]:
        if not (options.build / program).exists():
            fail(f"{options.build}: requires {program} in it, there is none; run the first line "
                 "of --help")
    if max(options.threads) > len(processors()) or min(options.threads) < 1:
        fail(f"--threads: requires 1 to {len(processors())}, the processors, "
             f"{' '.join(map(str, options.threads))} came; ask for others")
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
            found, missing = measure(model, threads, options, own, versions)
            rows += found
            reasons += missing
            # After each model, so that a run that is broken off is not lost.
            report = {"machine": {"processor": processor.name(), "simd": version.split()[-1]},
                      "date": time.strftime("%Y-%m-%d"), "rounds": options.rounds,
                      "versions": versions, "reasons": reasons, "rows": rows}
            options.json.write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    main()
