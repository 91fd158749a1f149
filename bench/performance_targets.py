#!/usr/bin/env python3
"""What etch is to reach, beside what was measured: the rows of a table, each (what, at least,
measured, verdict). The reports are those of bench/models.py, bench_peers, bench_models and
tools/compile_time.py. As a program it prints the filter for those passes of bench_models."""

import collections
import math
import statistics

ALL = ["forward", "data_gradient", "weight_gradient"]
NO_DATA = ["forward", "weight_gradient"]

# Share of one core's peak: what, a model, its layer, passes, at least.
KERNELS = [
    ("dense 128x784x1024", "mlp_l2", "0_dense", ["forward"], 0.93),
    ("dense 128x784x1024", "mlp_l2", "0_dense", ["weight_gradient"], 0.92),
    ("dense 128x784x10", "logistic_l2", "0_dense", ["forward"], 0.75),
    ("dense 128x1024x10", "mlp_l2", "2_dense", ["forward"], 0.65),
    ("dense 128x1024x10", "mlp_l2", "2_dense", ["data_gradient"], 0.75),
    ("dense 128x1024x10", "mlp_l2", "2_dense", ["weight_gradient"], 0.90),
    ("dense 16x784x64", "conv_strided", "4_dense", ALL, 0.92),
    ("conv 5x5, 14x14x16, 16 filters, stride 2", "conv_strided", "2_conv2d", ALL, 0.90),
    ("conv 5x5, 14x14x16, 16 filters", "conv_pooled", "3_conv2d", ALL, 0.90),
    ("conv 5x5 from one channel, stride 2", "conv_strided", "0_conv2d", NO_DATA, 0.88),
    ("conv 5x5 from one channel", "conv_pooled", "0_conv2d", NO_DATA, 0.88),
    ("conv 5x5 from one channel, 6 filters", "lenet5", "0_conv2d", NO_DATA, 0.70),
    ("conv 5x5, 14x14x6, 16 filters", "lenet5", "3_conv2d", ["data_gradient"], 0.50),
]
# Share of the bandwidth of the memory that holds what is moved: what, a pass.
MEMORY = [
    ("SGD, 784 to 10: update", "logistic_l2/0_dense/update"),
    ("SGD, conv 5x5, 16 to 16: update", "conv_strided/2_conv2d/update"),
    ("momentum, conv 3x3, 32 to 32: update", "conv_best/7_conv2d/update"),
]
BANDWIDTH = 1 / 1.5
# What has no pass of its own: a pass, the same with that in its store, and how many times as long
# it may take, where that was asked.
FUSED = [
    ("dense 128x784x1024: SGD and L2 fused into the weight gradient, beside plain",
     "mlp_l2/0_dense/weight_gradient", "mlp_l2/0_dense/weight_update", 1.05),
    ("dense 128x784x1024: ReLU and dropout fused into the forward pass, beside plain",
     "mlp_deep/0_dense/forward", "mlp_deep/rewritten/0_dense+relu+dropout/forward", None),
    ("dense 128x1024x512: their gradient fused into the data gradient, beside plain",
     "mlp_deep/3_dense/data_gradient", "mlp_deep/rewritten/3_dense+relu+dropout/data_gradient",
     None),
]
# The same of max-pooling and ReLU behind convolutions: what, a model, its layer, passes.
FUSED += [(f"{what}: max-pooling and ReLU fused into the {title}, beside plain",
           f"{model}/{layer}/{name}", f"{model}/rewritten/{layer}+max_pool2d+relu/{name}", None)
          for what, model, layer, names in (
              ("conv 28x28x1 to 16", "conv_pooled", "0_conv2d", NO_DATA),
              ("conv 14x14x16 to 16", "conv_pooled", "3_conv2d", ALL),
              ("conv 28x28x1 to 6", "lenet5", "0_conv2d", NO_DATA),
              ("conv 14x14x6 to 16", "lenet5", "3_conv2d", ALL))
          for name in names
          for title in [name.replace("_", " ").replace("forward", "forward pass")]]
COMPILED, COMPILE_SECONDS, COMPILE_MEGABYTES = "lenet5.cpp", 12, 600
ONEDNN, PYTORCH = ["onednn"], ["pytorch"]
# On one thread, how many times as long as etch these take at least; None is everyone.
STEPS = [("logistic_l2", None, 2), ("mlp_l2", PYTORCH, 1.3), ("mlp_l2", None, 1.3),
         ("conv_strided", PYTORCH, 3),
         ("conv_strided", ONEDNN, 1.2), ("conv_pooled", PYTORCH, 2), ("lenet5", PYTORCH, 3)]
INFERENCE = [("mlp_l2", ONEDNN, 1), ("conv_strided", ONEDNN, 1.1), ("conv_pooled", ONEDNN, 1.15),
             ("lenet5", ONEDNN, 2)]
LATENCY = [("logistic_l2", None, 2), ("mlp_l2", None, 1), ("conv_strided", None, 1.5),
           ("lenet5", None, 2.5)]
MLP_STEP, CONV_STEP, TWO_THREADS, TAIL, LAYERS_MEAN = 0.88, 1.15, 1.6, 1.5, 1.25
# conv_strided's products of a sample forward, those with padding counted, and how many of them are
# the first layer's, whose data gradient no one needs.
CONV_FIRST = 14 * 14 * 16 * 25
CONV_FORWARD = CONV_FIRST + 7 * 7 * 16 * 400 + 784 * 64 + 64 * 10

WIDE = ("where multiply-add units are half as wide (a Zen 4's), the others come nearer to the "
        "peak, too.")
# What is known of rows whose names begin so, for those that are missed.
WHY = {
    "dense 128x784x1024: weight":
        "3.2 MB of gradients leave the L2 cache, and x and dy are packed, without which their many "
        "pages cost more. It is near the line: alone it has 93.5 %.",
    "dense 128x1024x10: weight":
        "there are only ten products for each number of x that is loaded, and two tiles of samples "
        "are summed apart and added.",
    "dense 16x784x64":
        "the weight gradient is the least: each of its sums has sixteen products, and is stored, "
        "200 KB in all. In single turns it has 91 to 95 %.",
    "conv 5x5 from one channel, 6 filters":
        "lanes hold (column, filter) pairs, for which pixels are shuffled. Filters in the lanes "
        "would fill 6 of 16.",
    "SGD, 784 to 10":
        "half a microsecond; the gradients of two tiles of samples are read and added, of which "
        "one is counted.",
    "SGD, conv 5x5, 16 to 16":
        "half a microsecond, 0.3 % of a step; the gradients of two tiles of samples are read and "
        "added, of which one is counted.",
    "momentum":
        "it changes by the hour: the same code had 72 % on a Zen 4, and 57 two hours later.",
    "training step of `mlp_l2`":
        "94 % of it is the dense layer 784x1024 above, whose update loads and stores all weights "
        "beside the gradient; two threads share the L3 cache that these come from.",
    "training step of `conv_strided`, two threads":
        "two threads hand each other gradients and weights twice in a step. How long that takes "
        "changes by the minute: the same program took 213 µs a step (1.33x), and half an hour "
        "later 154 (1.83x). Where the host runs the two virtual processors would explain it, but "
        "is a guess.",
    "training step, `logistic_l2`":
        "its two products alone take four fifths of the time that is asked, on a Zen 4 nine "
        "tenths. Between two turns the others' data push its pictures out of the caches: where "
        "they stay a step takes 38 µs (2.1x), from memory 40 to 52, by the hour.",
    "training step, `mlp_l2`, beside everyone":
        "oneDNN's primitives, assembled by hand, reach 80 to 85 % of the peak, of which 1.3 times "
        "would be more than all.",
    "inference, batch 64 to 1,000": WIDE,
    "latency of one picture, `lenet5`":
        "a quarter of it comes from the L2 cache, the weights of the first dense layer; three "
        "tenths are the first convolution.",
    "p99 of the latency of `logistic_l2`":
        "a turn reads each picture once, and every fifth begins a page of memory, whose address is "
        "looked up in tables that others have pushed out of the caches.",
    "p99 of the latency of":
        "the system interrupts a loop that only reads the clock 700 to 1,400 times a second on "
        "this virtual machine, half the times for 4 to 15 µs or longer. That meets more than one "
        "in a hundred calls that take tens of microseconds. In other runs `mlp_l2` had 1.2x to "
        "2.6x, `lenet5` 1.04x and 1.09x.",
    "every pass of every layer":
        "the forward pass of 784 to 64 adds up the lanes of each sum at its end, because weights "
        "lie as suits the data gradient: others are a fiftieth faster. So they are in the data "
        "gradients of 1024 to 10, whose sums have ten products each until they are stored, and of "
        "120 to 84, whose sums are turned. Other passes that are slower, dense ones all, are so by "
        "a hundredth at most.",
}
# What a page of one run does not tell.
OTHER_RUNS = """Five runs on a Zen 4 within two days, some of them in hours when the host was busy
with others, had: a step of `logistic_l2` 1.73x to 2.01x beside everyone; two threads of `mlp_l2`
1.52x to 1.89x, of `conv_strided` 1.33x to 1.84x; momentum 64 to 74 % of the bandwidth; `lenet5`
compiled in 10.1 to 13.8 s; the p99 of `mlp_l2` 1.7 to 2.6 times its median; the worst pass 0.94x to
0.98x.
"""


def why(what):
    """What is known of a row, by the longest beginning of its name."""
    known = [name for name in WHY if what.startswith(name)]
    return WHY[max(known, key=len)] if known else None


def verdict(measured, least):
    if measured is None:
        return "not measured"
    return "met" if measured >= least else "**missed**"


def share_row(what, measured, least, of="peak"):
    return (what, f"{least:.0%} of {of}", "-" if measured is None else f"{measured:.1%}",
            verdict(measured, least))


def ratio_row(what, measured, least):
    return (what, f"{least:g}x", "-" if measured is None else f"{measured:.2f}x",
            verdict(measured, least))


def share(row):
    seconds = row["seconds"].get("etch")
    return row["flops"] / seconds / row["peak_gflops"] / 1e9 if seconds else None


def beside_nominal(row):
    seconds = row["seconds"].get("etch")
    flops = 2 * row["batch"] * (3 * CONV_FORWARD - CONV_FIRST)
    return seconds * row["peak_gflops"] * 1e9 / flops if seconds else None


def least_of(values):
    """Nothing where there is none, or one is not known."""
    values = list(values)
    return None if not values or None in values else min(values)


def quiet_medians(passes):
    """By name, the medians of the repetitions in a report of bench_models that were not noisy."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for row in passes["benchmarks"]:
        if row["run_type"] == "iteration" and "noisy" not in row["label"]:
            for key in "real_time", "GB/s", "%memory", "%peak":
                found[row["run_name"]][key].append(row[key])
    return {name: {key: statistics.median(values) for key, values in row.items()}
            for name, row in found.items()}


class Reports:
    def __init__(self, models, peers, passes, compiled):
        self.frameworks = {}
        for row in models["rows"]:
            self.frameworks[row["model"], row["threads"], row["framework"]] = row
        self.peers = peers["rows"]
        self.passes = quiet_medians(passes)
        self.compiled = compiled

    def of_pass(self, name, key):
        return self.passes.get(name, {}).get(key)

    def rows(self, kind, model, layer="", passes=(None,)):
        return [row for row in self.peers if (row["kind"], row["model"], row["layer"]) == (
            kind, model, layer) and (passes == (None,) or row["pass"] in passes)]

    def of(self, model, key, threads=1, framework="etch"):
        return self.frameworks.get((model, threads, framework), {}).get(key)

    def ahead_of_frameworks(self, model, key, names):
        """How many times as long as etch the best of them takes."""
        own = self.of(model, key)
        others = [row.get(key) for (of, threads, name), row in self.frameworks.items()
                  if (of, threads) == (model, 1) and name != "etch"
                  and (names is None or name in names)]
        others = [value for value in others if value is not None]
        return min(others) / own if others and own else None

    @staticmethod
    def ahead_in(row, names=None):
        """The same of the libraries in a row of bench_peers."""
        own = row["seconds"].get("etch")
        others = [value for name, value in row["seconds"].items()
                  if name != "etch" and value is not None and (names is None or name in names)]
        return min(others) / own if others and own else None

    def ahead(self, kind, key, model, names):
        """The least of both reports, and of all batches."""
        found = [self.ahead_of_frameworks(model, key, names),
                 *(self.ahead_in(row, names) for row in self.rows(kind, model))]
        return least_of(value for value in found if value is not None)


def kernel_rows(reports):
    for what, model, layer, passes, least in KERNELS:
        rows = reports.rows("layer", model, layer, passes)
        measured = least_of(map(share, rows)) if len(rows) == len(passes) else None
        yield share_row(f"{what}: {', '.join(each.replace('_', ' ') for each in passes)}", measured,
                        least)


def pass_rows(reports):
    for what, *names, most in FUSED:
        plain, fused = (reports.of_pass(name, "real_time") for name in names)
        yield fused_row(what, fused / plain if plain and fused else None, most)
    for what, name in MEMORY:
        percent = reports.of_pass(name, "%memory")
        yield share_row(what, percent and percent / 100, BANDWIDTH, "bandwidth")


def compile_rows(reports):
    own = next((unit for unit in reports.compiled if unit["unit"] == COMPILED
                and unit["compiler"].startswith("g++")), {})
    for key, unit, most in (("seconds", "s", COMPILE_SECONDS),
                            ("megabytes", "MB", COMPILE_MEGABYTES)):
        value = own.get(key)
        yield (f"compile `lenet5`, {own.get('compiler', 'g++')}", f"at most {most} {unit}",
               "-" if value is None else f"{value:.4g} {unit}", verdict(value and -value, -most))


def ahead_rows(reports):
    names = {None: "everyone", "onednn": "oneDNN", "pytorch": "PyTorch"}
    for title, kind, key, asked in (
            ("training step", "step", "step", STEPS),
            ("inference, batch 64 to 1,000", "inference", "infer", INFERENCE),
            ("latency of one picture", "latency", "latency", LATENCY)):
        for model, others, least in asked:
            whom = names[others and others[0]]
            yield ratio_row(f"{title}, `{model}`, beside {whom}",
                            reports.ahead(kind, key, model, others), least)


def at_most_row(what, measured, most):
    return (what, f"at most {most:g}x", "-" if measured is None else f"{measured:.2f}x",
            verdict(measured and -measured, -most))


def fused_row(what, measured, most):
    if most is not None:
        return at_most_row(what, measured, most)
    _, _, times, judged = at_most_row(what, measured, math.inf)
    return what, "fused", times, judged.replace("met", "fused")  # no time was asked


def tail_rows(reports):
    for model, _, _ in LATENCY:
        median, p99 = reports.of(model, "latency"), reports.of(model, "latency_p99")
        yield at_most_row(f"p99 of the latency of `{model}`, beside its median",
                          p99 / median if median and p99 else None, TAIL)


def whole_rows(reports):
    yield share_row("training step of `mlp_l2`, useful FLOPs",
                    least_of(map(share, reports.rows("step", "mlp_l2"))), MLP_STEP)
    yield at_most_row("training step of `conv_strided`, beside its nominal FLOPs at peak",
                      least_of(map(beside_nominal, reports.rows("step", "conv_strided"))),
                      CONV_STEP)
    for model in "mlp_l2", "conv_strided":
        one, two = reports.of(model, "step"), reports.of(model, "step", threads=2)
        yield ratio_row(f"training step of `{model}`, two threads beside one",
                        one / two if one and two else None, TWO_THREADS)


def layers_rows(reports):
    ratios = [reports.ahead_in(row) for row in reports.peers if row["kind"] == "layer"]
    ratios = [ratio for ratio in ratios if ratio is not None]
    worst = min(ratios, default=None)
    yield ratio_row("every pass of every layer, beside the best other", worst, 1)
    mean = statistics.geometric_mean(ratios) if ratios else None
    yield ratio_row("their geometric mean", mean, LAYERS_MEAN)


def targets(models, peers, passes, compiled):
    reports = Reports(models, peers, passes, compiled)
    kinds = [kernel_rows, pass_rows, whole_rows, ahead_rows, compile_rows, tail_rows, layers_rows]
    return [row for rows in kinds for row in rows(reports)]


def passes_filter():
    names = [name for _, *both, _ in FUSED for name in both]
    names += [name for _, name in MEMORY]
    return "^(" + "|".join(name.replace("+", ".") for name in names) + ")$"


if __name__ == "__main__":
    print(passes_filter())
