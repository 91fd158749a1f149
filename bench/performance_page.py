#!/usr/bin/env python3
"""Writes docs/performance.md from what was measured; measures nothing.

    bench/performance_page.py build/models.json [--peers build/peers.json] [-o docs/performance.md]

models.json is that of bench/models.py, peers.json that of bench_peers."""

import argparse
import json
import math
import pathlib
import sys

from models import TRAINED_STEPS

ROOT = pathlib.Path(__file__).resolve().parent.parent

TITLES = {"etch": "etch", "numpy": "NumPy", "tensorflow_graph": "TensorFlow, graph",
          "tensorflow_function": "tf.function", "tensorflow_xla": "tf.function, XLA",
          "jax": "JAX, jit", "pytorch": "PyTorch", "onnxruntime": "ONNX Runtime",
          "onednn": "oneDNN", "openblas": "OpenBLAS", "eigen": "Eigen", "xsmm": "LIBXSMM",
          "dlib": "dlib"}

# Of models.json: key, heading, unit in seconds (or bytes), digits behind the point. A pass
# of inference has 1,000 pictures.
QUANTITIES = [
    ("step", "A training step, µs", 1e-6, 1),
    ("infer", "Inference of 1,000 pictures, µs for each", 1e-3, 2),
    ("latency", "One picture alone, median, µs", 1e-6, 2),
    ("latency_p99", "One picture alone, 99th percentile, µs", 1e-6, 2),
    ("start", "From the process's start to its first step, s", 1, 2),
    ("memory", "Largest size of the process, MB", 1e6, 0),
]

HEAD = """# Performance

etch beside other libraries. `bench/models.py` and `bench_peers` measured it, each in one run, the
libraries in turn and between probes of the machine's multiply-add peak; what is shown are medians
of turns that nothing disturbed. A bold figure is the best of its row; "-" means
that there is none, for a reason that stands below. `bench/performance_page.py` writes this page.
"""


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def cells(values, unit, digits):
    """One row's numbers, the least of them bold."""
    known = [value for value in values if value is not None]
    texts = []
    for value in values:
        text = "-" if value is None else f"{value / unit:,.{digits}f}"
        texts.append(f"**{text}**" if value is not None and value == min(known) else text)
    return texts


def frameworks_of(rows):
    return [name for name in TITLES if any(row["framework"] == name for row in rows)]


def models_part(report):
    machine, rows = report["machine"], report["rows"]
    peaks = [row["peak"] / row["threads"] for row in rows]
    yield f"""## The course's models

{machine['processor']}, SIMD target {machine['simd']}, {report['date']}; a thread's multiply-add
peak was {min(peaks) / 1e9:.0f} to {max(peaks) / 1e9:.0f} GFLOP/s. All begin with the same
parameters, train on the same minibatches of the built-in letters (logistic_l2 and mlp_l2 128,
conv_* 16, lenet5 64), and compute the same losses and outputs within 0.1 %, or are left out.

Each works as its documentation advises for speed (`bench/frameworks/`). The letters lie in its own
arrays as floats before the clock starts, where etch converts bytes in every step; a step returns
at most its loss, and only the notebook's graph hands it over each time. JAX donates its
parameters, PyTorch has channels last and infers by a traced and optimised module, TensorFlow has
oneDNN switched on, `tf.function` is shown with XLA and without, ONNX Runtime only infers. For all
of them malloc keeps what it is given back, which is worth half of PyTorch's time, and OpenMP's
threads sleep when they wait. PyTorch is Debian's, because PyPI's for x86-64 needs all of CUDA. A
picture alone goes from its bytes to probabilities in etch, from an array of NumPy's to outputs
there in the others. The start counts all that a user waits for, once the files are in memory: the
program, or Python and its libraries, the letters, what is compiled, and one training step. The
largest size is that of {TRAINED_STEPS} steps.

```sh
meson compile -C build bench_worker logistic_l2 mlp_l2 conv_strided conv_pooled lenet5
bench/models.py --rounds {report['rounds']} --json build/models.json
bench/models.py --models lenet5 --threads 1 --json build/lenet5.json  # only some of it
bench/performance_page.py build/models.json
```

"""
    names = frameworks_of(rows)
    for key, heading, unit, digits in QUANTITIES:
        if not any(row.get(key) is not None for row in rows):
            continue
        shown = [name for name in names
                 if any(row["framework"] == name and row.get(key) is not None for row in rows)]
        found = {(row["model"], row["threads"], row["framework"]): row.get(key) for row in rows}
        lines = []
        for model, threads in dict.fromkeys((row["model"], row["threads"]) for row in rows):
            values = [found.get((model, threads, name)) for name in shown]
            if any(value is not None for value in values):
                lines.append([f"`{model}`", str(threads), *cells(values, unit, digits)])
        header = ["model", "threads", *(TITLES[name] for name in shown)]
        yield f"### {heading}\n\n" + table(header, lines) + "\n"
    dropped = sum(row["dropped"] for row in rows)
    versions = ", ".join(f"{TITLES[name]} {version}"
                         for name, version in report["versions"].items())
    yield (f"Versions: {versions}. Each row has {report['rounds']} turns of every library; "
           f"{dropped} were dropped and taken again.\n\n")
    for reason in report["reasons"]:
        yield f"- Left out: {reason}.\n"
    yield "\n"


def geometric_mean(values):
    return math.exp(sum(map(math.log, values)) / len(values))


def peers_part(report):
    machine, rows = report["machine"], report["rows"]
    present = [name for name, version in report["versions"].items()
               if version != "absent" and name != "etch"]
    versions = ", ".join(f"{TITLES.get(name, name)} {version}"
                         for name, version in report["versions"].items())
    yield f"""## Layers, steps and inference by kernel libraries

One thread, µs; {', '.join(f'{key} {value}' for key, value in machine.items())}. {versions}.
Weights and activations lie in each library's preferred formats; what reordering would cost is not
counted, but stands in the JSON.

```sh
meson compile -C build bench_peers && build/bench/peers/bench_peers --json build/peers.json
```

"""
    for kind in dict.fromkeys(row["kind"] for row in rows):
        lines, ratios = [], []
        for row in rows:
            seconds = row.get("seconds") or {}
            if row["kind"] != kind or seconds.get("etch") is None:
                continue
            values = [seconds.get(name) for name in ["etch", *present]]
            others = [value for value in values[1:] if value is not None]
            ratio = min(others) / seconds["etch"] if others else None
            ratios += [ratio] if ratio else []
            what = " ".join(filter(None, [row["layer"], row["pass"]]))
            lines.append([f"`{row['model']}`", what, row.get("shape") or "", str(row["batch"]),
                          *cells(values, 1e-6, 2), f"{ratio:.2f}" if ratio else "-"])
        if not lines:
            continue
        header = ["model", "", "shape", "batch", "etch", *(TITLES.get(n, n) for n in present),
                  "best other / etch"]
        yield f"### {kind.capitalize()}\n\n" + table(header, lines) + "\n"
        if ratios:
            slower = sum(ratio < 1 for ratio in ratios)
            yield (f"Geometric mean of the last column {geometric_mean(ratios):.2f}; etch is "
                   f"slower than the best other in {slower} of {len(ratios)} rows.\n\n")


def read(path):
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        sys.exit(f"etch: {path}: requires what bench/models.py or bench_peers measured, {error} "
                 "came; measure it again")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", type=pathlib.Path)
    parser.add_argument("--peers", type=pathlib.Path)
    parser.add_argument("-o", "--output", type=pathlib.Path, default=ROOT / "docs/performance.md")
    options = parser.parse_args()
    page = HEAD + "\n" + "".join(models_part(read(options.models)))
    if options.peers:
        page += "".join(peers_part(read(options.peers)))
    options.output.write_text(page.rstrip("\n") + "\n")


if __name__ == "__main__":
    main()
