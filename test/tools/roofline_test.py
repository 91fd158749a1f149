"""roofline.py reads what benchmarks report, explains what it cannot read, and labels every pass
without two labels over each other. Skipped from the picture on where there is no matplotlib."""

import itertools
import json
import pathlib
import subprocess
import sys
import tempfile

TOOLS = pathlib.Path(__file__).resolve().parent.parent.parent / "tools"
sys.path.insert(0, str(TOOLS))
sys.dont_write_bytecode = True

import roofline  # noqa: E402: the path comes first

CONTEXT = {"etch_simd": "AVX2", "etch_threads": "1", "etch_peak": "100.0 GFLOP/s",
           "etch_L1": "250.0 GB/s", "etch_L2": "100.0 GB/s", "etch_DRAM": "20.0 GB/s"}
LAYERS = ["0_conv2d", "2_conv2d", "4_dense", "6_dense", "8_dense"]


def row(name, gflops, gbytes, intensity, label="compute", **more):
    return {"name": name, "run_name": name, "run_type": "iteration", "label": label,
            "GFLOP/s": gflops, "GB/s": gbytes, "FLOP/byte": intensity, **more}


def rows():
    """A crowd: five layers within a fifth of the peak and of each other's FLOP per byte."""
    for i, layer in enumerate(LAYERS):
        for j, kind in enumerate(["forward", "data_gradient", "weight_gradient"]):
            for cold in ["", "/cold"]:
                rate = 80 + 2 * i + 3 * j - 20 * bool(cold)
                yield row(f"net/{layer}/{kind}{cold}", rate, rate / 20, 20 + i)
        yield row(f"net/{layer}/weight_update", 70 + i, 4, 18 + i)
        yield row(f"net/{layer}/update", 0, 50 + i, 0, "L2")
        yield row(f"net/{layer}/update/cold", 0, 15 + i / 9, 0, "DRAM, noisy")
    yield row("net/step", 50, 10, 5)
    yield row("net/inference", 51, 10, 5)


def said(folder, report, *arguments):
    """What the program says of that report when it fails."""
    file = folder / "report.json"
    file.write_text(report if isinstance(report, str) else json.dumps(report))
    run = subprocess.run([sys.executable, TOOLS / "roofline.py", file, "-o", folder / "picture",
                          *arguments], stderr=subprocess.PIPE, text=True)
    assert run.returncode == 1, run
    assert run.stderr.startswith("etch: ") and run.stderr.count("\n") == 1, run.stderr
    return run.stderr


def check_errors(folder):
    assert "something else came" in said(folder, "no JSON")
    assert "something else came" in said(folder, {"context": {}, "benchmarks": []})
    assert "something else came" in said(folder, [])
    both = {"context": CONTEXT, "benchmarks": [row("a/step", 1, 1, 1), row("b/step", 1, 1, 1)]}
    assert "those of a, b came; choose one by --network" in said(folder, both)
    assert "requires benchmarks of c, those of a, b" in said(folder, both, "--network", "c")


def check_reading():
    samples = [row("net/3_conv2d/forward/cold", rate, 1, 2, label)
               for rate, label in [(10, "L2"), (30, "L2, noisy"), (20, "L2, noisy")]]
    aggregate = row("net/3_conv2d/forward/cold", 99, 1, 2, run_type="aggregate",
                    aggregate_name="median")
    point, = roofline.networks([*samples, aggregate, {"run_name": "others", "name": "others"}])[
        "net"]
    assert point == roofline.Point("3_conv2d", "forward", True, 20, 1, 2, True), point
    assert roofline.networks([aggregate])["net"][0].gflops == 99


def check_picture(folder):
    import roofline_picture
    points = roofline.networks(list(rows()))["net"]
    bandwidth = {memory: roofline.number(CONTEXT[f"etch_{memory}"])
                 for memory in roofline.MEMORIES if f"etch_{memory}" in CONTEXT}
    machine = roofline.Machine("AVX2", "1", "a processor", 100.0, bandwidth)
    figure = roofline_picture.draw("net", machine, points)
    renderer = figure.canvas.get_renderer()
    for axes in figure.axes:
        labels = [text for text in axes.texts if text.get_text().startswith(tuple("0123456789wi"))]
        boxes = {text.get_text(): text.get_window_extent(renderer) for text in labels}
        warm = sum(not p.cold for p in points if p.gflops > 0)
        assert len(boxes) == (warm if axes is figure.axes[0] else 10), list(boxes)
        for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
            assert not a.overlaps(b), f"{one} over {other}"
    for name in ["one", "other"]:
        roofline_picture.save(figure, folder / f"{name}.svg")
    assert (folder / "one.svg").read_bytes() == (folder / "other.svg").read_bytes()
    roofline_picture.save(figure, folder / "one.png")
    assert (folder / "one.png").read_bytes().startswith(b"\x89PNG")


def main():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        check_errors(folder)
        check_reading()
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            print("skipped: there is no matplotlib")
            return 77
        check_picture(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
