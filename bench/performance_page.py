#!/usr/bin/env python3
"""Writes docs/performance.md from what was measured; measures nothing.

    bench/performance_page.py build/{models,peers,passes,compiled}.json [-o docs/performance.md]

models.json is that of bench/models.py, peers.json that of bench_peers, passes.json that of
bench_models, compiled.json that of tools/compile_time.py."""

import argparse
import collections
import json
import pathlib
import statistics
import sys

from models import STARTS, TRAINED_STEPS
from performance_targets import OTHER_RUNS, quiet_medians, targets, why

ROOT = pathlib.Path(__file__).resolve().parent.parent

TITLES = {"etch": "etch", "numpy": "NumPy", "tensorflow_graph": "TensorFlow, graph",
          "tensorflow_function": "tf.function", "tensorflow_xla": "tf.function, XLA",
          "jax": "JAX, jit", "pytorch": "PyTorch", "onnxruntime": "ONNX Runtime",
          "onednn": "oneDNN", "openblas": "OpenBLAS", "eigen": "Eigen", "xsmm": "LIBXSMM",
          "dlib": "dlib"}
REPORTS = ["models", "peers", "passes", "compiled"]
NOT_MEASURED = "Not measured.\n\n"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n\n"


def number(value, unit=1, digits=2):
    return "-" if value is None else f"{value / unit:,.{digits}f}"


def cells(values, unit, digits):
    """One row's numbers, the least of them bold."""
    values = list(values)
    least = min((value for value in values if value is not None), default=None)
    texts = [number(value, unit, digits) for value in values]
    return [f"**{text}**" if value is not None and value == least else text
            for text, value in zip(texts, values)]


def ahead(own, others):
    """How many times as long as etch the best other takes, if there is one."""
    others = [value for value in others if value is not None]
    return min(others) / own if others and own else None


def versions_of(report):
    return "; ".join(f"{TITLES.get(name, name)}: {version}"
                     for name, version in report["versions"].items() if version != "absent")


def head(models, peers):
    machine = models["machine"]
    peak = statistics.median(row["peak"] / row["threads"] for row in models["rows"])
    peaks = [row["peak_gflops"] for row in peers["rows"] if row["peak_gflops"]] or [0]
    yield f"""# Performance

etch beside other libraries, on {machine['processor']}, SIMD target {machine['simd']},
{models['date']}, compiled by {peers['machine']['compiler']}. The multiply-add peak of one core,
probed between all samples, moved: around etch's turns its median was from {min(peaks):.0f} to
{max(peaks):.0f} GFLOP/s in the rows of kernels, and {peak / 1e9:.0f} for a thread while models were
measured. Shares are of the median of their row. Products are counted as a layer's definition sums
them: where a convolution [has fewer](benchmarks.md#fewer-products), its share may be more than all.

Two programs measured etch beside others, each in one run and with the libraries in turn:
`bench_peers`, libraries of kernels inside one process on one thread, and `bench/models.py`,
frameworks in a process each. Figures are medians of turns that nothing disturbed. The best of a row
is bold; "-" is what a library cannot do, or what [stands at the end](#what-is-missing). No figure
of a table is typed by hand.

```sh
bench/performance.sh     # all of it, after installing what is missing; or its parts:

meson configure build -Dpeers=auto  # others' libraries that are installed
meson compile -C build bench_worker bench_peers bench_models {' '.join(models_of(models))}
build/bench/peers/bench_peers --json build/peers.json
build/bench/bench_models --benchmark_filter="$(bench/performance_targets.py)" \\
  --benchmark_repetitions=9 --benchmark_enable_random_interleaving=true \\
  --benchmark_out=build/passes.json --benchmark_out_format=json
tools/compile_time.py build examples/4_convolutions/lenet5.cpp --json build/compiled.json
bench/models.py --rounds {models['rounds']} --json build/models.json
bench/performance_page.py build/{{models,peers,passes,compiled}}.json
```

- Kernels: {versions_of(peers)}.
- Frameworks: {versions_of(models)}.

"""


def models_of(report):
    return list(dict.fromkeys(row["model"] for row in report["rows"]))


def targets_part(*reports):
    yield """## What was asked

What etch is to reach on AVX-512, each figure from the tables below: shares of the peak, the least
of the passes named; of what only moves memory, the share of the bandwidth of the memory that holds
it; how many times as long as etch the best of the others takes on one thread, the least of all
batches; how much faster two threads are; what has no pass of its own, and how long the pass that
does it takes beside the plain one; and what may take at most so many times as long as something, or
in all.

"""
    rows = targets(*reports)
    yield table(["", "at least", "measured", ""],
                [[what, least, measured, verdict] for what, least, measured, verdict in rows])
    counts = collections.Counter(verdict.strip("*") for *_, verdict in rows)
    yield ", ".join(f"{count} {verdict}" for verdict, count in counts.items()) + ".\n\n"
    reasons = collections.defaultdict(list)
    for what, _, _, verdict in rows:
        if "missed" in verdict and (reason := why(what)):
            reasons[reason].append(what)
    if reasons:
        yield "Why those that are missed are, as far as it is known:\n\n"
        for reason, names in reasons.items():
            yield f"- {'; '.join(names)}: {reason}\n"
        yield f"\n{OTHER_RUNS}\n"


def layers_part(peers):
    yield """## Layers

One thread, as many samples as a training step has, µs. Weights and activations lie in each
library's preferred formats, and of its ways the fastest was taken; what reordering would cost is
not counted, but stands in the JSON. "Of peak" is etch's. OpenBLAS, Eigen and LIBXSMM multiply;
convolutions are im2col and a product there. The update of weights is not a pass here, but a part of
the steps below.

"""
    rows = [row for row in peers["rows"] if row["kind"] == "layer" and etch_of(row)]
    names = [name for name in TITLES if name != "etch" and any(name in r["seconds"] for r in rows)]
    ratios = []
    for model in dict.fromkeys(row["model"] for row in rows):
        lines = []
        for row in (row for row in rows if row["model"] == model):
            seconds = row["seconds"]
            others = [seconds.get(name) for name in names]
            ratio = ahead(seconds["etch"], others)
            ratios += [ratio] if ratio else []
            share = row["flops"] / seconds["etch"] / row["peak_gflops"] / 1e9
            lines.append([f"`{row['layer']}` {row['pass']}", row["shape"],
                          *cells([seconds["etch"], *others], 1e-6, 2),
                          f"{share:.0%}" if row["flops"] else "", number(ratio)])
        yield f"### `{model}`, batch {row['batch']}\n\n"
        yield table(["", "shape", "etch", *(TITLES[name] for name in names), "of peak",
                     "best other / etch"], lines)
    if ratios:
        mean, slower = statistics.geometric_mean(ratios), sum(ratio < 1 for ratio in ratios)
        yield (f"Geometric mean of the last column {mean:.2f}; etch is slower than the best other "
               f"in {slower} of {len(ratios)} rows.\n\n")


def passes_part(passes):
    yield """## What moves memory

Passes of etch alone by `bench_models`, as networks execute them: what comes before and behind a
layer is fused where it can be, so that no biases, no ReLU and few updates have a pass of their own.
And for comparison a weight gradient that is stored, and the one with the update in its store.
Shares are of the bandwidth at which as many bytes can be read, or read and written, again and
again, or of the peak where they multiply; [benchmarks.md](benchmarks.md#what-the-counters-mean)
says more. Medians of the repetitions that were not noisy.

"""
    lines = [[f"`{name}`", number(row["real_time"], 1e3), number(row["GB/s"], 1, 0),
              f"{row['%memory']:.0f}%", f"{row['%peak']:.0f}%" if row["%peak"] else ""]
             for name, row in sorted(quiet_medians(passes).items())]
    yield table(["", "µs", "GB/s", "of bandwidth", "of peak"], lines) if lines else NOT_MEASURED


def compile_part(compiled):
    yield """## Compiling

`examples/4_convolutions/lenet5.cpp`, network, trainer and program in one, for one SIMD target:
median seconds and the peak of memory.

"""
    yield table(["", "seconds", "MB"], [[unit["compiler"], number(unit["seconds"], 1, 1),
                                         number(unit["megabytes"], 1, 0)] for unit in compiled])


def etch_of(row):
    return (row["seconds"] or {}).get("etch")


def kernels_table(peers, kind, header, unit, p99=False):
    """A row of peers.json each."""
    rows = [row for row in peers["rows"] if row["kind"] == kind and etch_of(row)]
    names = [name for name in TITLES if any(name in row["seconds"] for row in rows)]
    lines = []
    for row in rows:
        seconds = [row["seconds"].get(name) for name in names]
        lines.append([f"`{row['model']}`", str(row["batch"]), *cells(seconds, unit, 2),
                      *([number(row["p99_seconds"]["etch"], unit)] if p99 else []),
                      number(ahead(seconds[0], seconds[1:]))])
    return table([*header, *(TITLES[name] for name in names), *(["etch's p99"] if p99 else []),
                  "best other / etch"], lines) if lines else NOT_MEASURED


def models_table(models, key, unit, digits):
    """A model and a number of threads each."""
    rows = [row for row in models["rows"] if row.get(key) is not None]
    names = [name for name in TITLES if any(row["framework"] == name for row in rows)]
    found = collections.defaultdict(dict)
    for row in rows:
        found[row["model"], row["threads"]][row["framework"]] = row[key]
    lines = []
    for (model, threads), values in found.items():
        others = [value for name, value in values.items() if name != "etch"]
        lines.append([f"`{model}`", str(threads), *cells(map(values.get, names), unit, digits),
                      number(ahead(values.get("etch"), others))])
    return table(["model", "threads", *(TITLES[name] for name in names), "best other / etch"],
                 lines) if lines else NOT_MEASURED


def steps_part(models, peers):
    yield """## A training step

Forward, backward and the update, µs. All begin with the same parameters and train on the same
minibatches (`logistic_l2` and `mlp_l2` of 128, `conv_*` of 16, `lenet5` of 64); their losses and
outputs agree with etch's within 0.1 %, or they are not shown.

"""
    yield models_table(models, "step", 1e-6, 1)
    yield """Each framework works as its documentation advises for speed (`bench/frameworks/`). The
letters lie in its own arrays as floats before the clock starts, where etch converts bytes in every
step; a step returns at most its loss, and only the notebook's graph hands it over each time. JAX
donates its parameters; PyTorch has channels last and takes numbers too small to be normal for zero;
TensorFlow has oneDNN switched on, and `tf.function` is shown with XLA and without. For all of them
malloc keeps what it is given back, which is worth half of PyTorch's time, and OpenMP's threads spin
for some microseconds only. PyTorch is Debian's, because PyPI's for x86-64 needs all of CUDA.

The same on one thread by libraries of kernels, on noise, at a learning rate of 0.01, without
dropout: oneDNN's primitives assembled by hand for each network, with plain loops for the loss and
SGD; and dlib's networks, whose losses agree with etch's within 0.01 % for 20 steps. dlib's own code
is that of Debian, for any x86-64, its products are OpenBLAS's, and its padding is TensorFlow's
because pictures and kernels are turned by half a turn.

"""
    yield kernels_table(peers, "step", ["model", "batch"], 1e-6)


def inference_part(models, peers):
    yield """## Inference

µs for each picture. Frameworks at a batch of 1,000, ONNX Runtime with its graph optimised, PyTorch
by a traced and optimised module:

"""
    yield models_table(models, "infer", 1e-3, 2)
    yield """Libraries of kernels, on one thread, with weights packed before; of oneDNN the fastest
piece of the batch at a time:

"""
    yield kernels_table(peers, "inference", ["model", "batch"], 1e-6)


def latency_part(models, peers):
    yield """## One picture alone

µs, the median of all calls, of which a turn has 500, after 20 that do not count. In etch from its
bytes to probabilities, in the frameworks from an array of NumPy's to outputs there:

"""
    yield models_table(models, "latency", 1e-6, 2)
    yield "The 99th percentile of the same calls:\n\n"
    yield models_table(models, "latency_p99", 1e-6, 2)
    yield "Libraries of kernels, from floats in memory, on one thread:\n\n"
    yield kernels_table(peers, "latency", ["model", "batch"], 1e-6, p99=True)


def processes_part(models):
    yield f"""## A whole process

Seconds from its start to its first step's line: all that a user waits for, once the files are in
memory: the program, or Python and its libraries, the letters, what is compiled, and one step.
Median of {STARTS} quiet starts in turn.

"""
    yield models_table(models, "start", 1, 3)
    yield f"Its largest size in {TRAINED_STEPS} steps, MB:\n\n"
    yield models_table(models, "memory", 1e6, 0)


def missing_part(models, peers):
    yield "## What is missing\n\n"
    where = collections.defaultdict(list)
    for each in models["reasons"]:
        where[each["framework"], each["why"]].append(f"`{each['model']}` on {each['threads']}")
    for (framework, why), places in where.items():
        yield f"- {TITLES[framework]}, {', '.join(places)} threads: {why}.\n"
    for name, version in peers["versions"].items():
        if version == "absent":
            yield f"- {TITLES[name]} was not installed.\n"
    for row in peers["rows"]:
        if not etch_of(row):
            what = "/".join(filter(None, [row["model"], row["layer"], row["pass"]]))
            yield f"- `{what}`, batch {row['batch']}: no round was quiet.\n"
    yield (f"- Turns that something disturbed were taken again: "
           f"{sum(row['dropped'] for row in models['rows'])} of models.py's, "
           f"{sum(row['rejected_rounds'] for row in peers['rows'])} rounds of bench_peers'.\n")


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"etch: {path}: requires what bench/performance.sh measures, {error} came; "
                 "measure it again")


def page(models, peers, passes, compiled):
    parts = [head(models, peers), targets_part(models, peers, passes, compiled), layers_part(peers),
             passes_part(passes), steps_part(models, peers), inference_part(models, peers),
             latency_part(models, peers), processes_part(models), compile_part(compiled),
             missing_part(models, peers)]
    return "".join(text for part in parts for text in part)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for report in REPORTS:
        parser.add_argument(report, type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "docs/performance.md")
    options = parser.parse_args()
    options.output.write_text(page(*(read(getattr(options, report)) for report in REPORTS)))


if __name__ == "__main__":
    main()
