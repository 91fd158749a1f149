"""One line benchmarks every pass of every layer, and the counters say what they should. Takes the
program of newcomer.cpp."""

import json
import subprocess
import sys

CONV = ["forward", "data_gradient", "weight_gradient", "update"]
FIRST = ["forward", "weight_gradient", "update"]  # nobody needs the gradient of the pictures
UPDATING = [*CONV, "weight_update"]  # gradients need not be stored
PLAIN = ["forward", "data_gradient"]
FUSED = ["forward", "data_gradient"]  # with weights; their gradients are as before
POOLED = ["forward", "data_gradient", "weight_gradient"]  # of selected outputs
FIRST_POOLED = ["forward", "weight_gradient"]
LAYERS = {"0_conv2d": FIRST, "1_relu": PLAIN, "2_max_pool2d": PLAIN, "3_conv2d": CONV,
          "4_relu": PLAIN, "5_max_pool2d": PLAIN, "6_dense": UPDATING, "7_relu": PLAIN,
          "8_dense": CONV,
          "rewritten/0_conv2d+max_pool2d+relu": FIRST_POOLED,
          "rewritten/3_conv2d+max_pool2d+relu": POOLED, "rewritten/6_dense+relu": FUSED,
          "rewritten/8_dense": FUSED}
REWRITTEN = {"0_conv2d": FIRST, "1_relu": PLAIN, "2_max_pool2d": PLAIN, "3_dense": CONV,
             "rewritten/0_conv2d+max_pool2d+relu": FIRST_POOLED, "rewritten/3_dense": FUSED}

BOUNDS = {"compute", "L1", "L2", "L3", "DRAM"}
BATCH = 32


def run(program, *arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def expected(net, layers):
    for layer, passes in layers.items():
        for name in passes:
            yield f"{net}/{layer}/{name}"
            if passes is not PLAIN:
                yield f"{net}/{layer}/{name}/cold"
    yield from (f"{net}/step", f"{net}/inference")


def check_names(program):
    listed = run(program, "--benchmark_list_tests").split()
    wanted = [*expected("newcomer", LAYERS), *expected("rewritten_net", REWRITTEN)]
    assert sorted(listed) == sorted(wanted), set(listed) ^ set(wanted)


def check_counters(program):
    measured = "^newcomer/(6_dense/weight_update|8_dense|7_relu|step)"
    report = json.loads(run(program, f"--benchmark_filter={measured}",
                            "--benchmark_min_time=0.001", "--benchmark_format=json"))
    for key in ["etch_simd", "etch_threads", "etch_peak", "etch_L1", "etch_L2", "etch_DRAM"]:
        assert report["context"][key], key
    rows = {row["name"].removeprefix("newcomer/"): row for row in report["benchmarks"]}
    assert len(rows) == 2 + 2 + 2 * 4 + 1, sorted(rows)
    for name, row in rows.items():
        bound = row["label"].removesuffix(", noisy")
        assert bound in BOUNDS, row
        assert bound == "DRAM" or not name.endswith("/update/cold"), row
        memory_bound = row["%memory"] >= row["%peak"]
        assert memory_bound == (bound != "compute"), row

    # Dense<10> on 64 values, and what ReLU does without any product.
    flops, moved = BATCH * 2 * 64 * 10, 4 * (BATCH * (64 + 10) + 65 * 10)
    assert abs(rows["8_dense/forward"]["FLOP/byte"] - flops / moved) < 0.01, rows
    assert rows["7_relu/forward"]["GFLOP/s"] == 0 and rows["7_relu/forward"]["GB/s"] > 0, rows


def main():
    program = sys.argv[1]
    check_names(program)
    check_counters(program)


if __name__ == "__main__":
    sys.exit(main())
