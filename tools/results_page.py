"""Writes what results.py has measured into docs/results.md, between its markers
`<!-- results: NAME -->` and `<!-- end -->`, and draws the curve of L2 beside it."""

import dataclasses
import hashlib
import pathlib
import re
import statistics

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE, CURVE = ROOT / "docs/results.md", ROOT / "docs/l2.svg"


def key(who, name, seed, model):
    """Names a run; with other settings it is another."""
    settings = hashlib.sha256(model.settings.encode()).hexdigest()[:12]
    return f"{who} {name} seed {seed} settings {settings}"


def accuracies(runs, who, name, model):
    """Those of the finished seeds."""
    pattern = re.compile(re.escape(key(who, name, "SEED", model)).replace("SEED", r"\d+"))
    return [accuracy for run, accuracy in runs.items() if pattern.fullmatch(run)]


def deviation(values):
    return statistics.stdev(values) if len(values) > 1 else 0.0


def summary(values):
    """Mean and deviation, and the number of seeds."""
    if not values:
        return "-"
    if len(values) == 1:
        return f"{values[0]:.1f} (1)"
    return f"{statistics.mean(values):.2f} ± {deviation(values):.2f} ({len(values)})"


def difference(ours, theirs):
    """Of the means, and its standard error."""
    if min(len(ours), len(theirs)) < 2:
        return "-"
    error = sum(deviation(values) ** 2 / len(values) for values in (ours, theirs)) ** 0.5
    return f"{statistics.mean(ours) - statistics.mean(theirs):+.2f} ± {error:.2f}"


def table(header, rows):
    lines = [header, ["---"] * len(header), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def test_accuracy(runs, models):
    rows = []
    for name, model in models.items():
        ours, theirs, after_letters = (accuracies(runs, who, name, model)
                                       for who in ("etch", "tensorflow", "letters"))
        if ours or theirs:
            rows.append([f"`{name}`", summary(ours), summary(theirs), difference(ours, theirs),
                         summary(after_letters)])
    return table(["executable", "etch, %", "TensorFlow, %", "difference",
                  "etch, letters first, %"], rows)


def sweep(runs, models, swept, strengths):
    """By name the strengths that were measured, with their accuracies."""
    found = {}
    for name in swept:
        row = models[name]
        points = {s: accuracies(runs, f"l2 {s:g} in", name, dataclasses.replace(row, l2=s))
                  for s in strengths}
        found[name] = {s: values for s, values in points.items() if values}
    return found


def l2(curves, strengths):
    rows = [[f"{s:g}", *(summary(curve.get(s, [])) for curve in curves.values())]
            for s in strengths if any(s in curve for curve in curves.values())]
    header = ["L2", *(f"`{name}`, %" for name in curves)]
    return table(header, rows) + f"\n![Validation accuracy against L2's strength]({CURVE.name})\n"


def draw(curves):
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "etch", "svg.fonttype": "none"})
    from matplotlib import pyplot
    figure, axes = pyplot.subplots(figsize=(7, 4), layout="constrained")
    for name, curve in curves.items():
        axes.errorbar(list(curve), [statistics.mean(v) for v in curve.values()],
                      [deviation(v) for v in curve.values()], marker="o", capsize=3, label=name)
    axes.set_xscale("symlog", linthresh=1e-4, linscale=0.5)
    axes.set(xlabel="L2", ylabel="validation accuracy, %")
    axes.set_xlim(left=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(CURVE, metadata={"Date": None})


def write(runs, models, swept, strengths):
    """Refreshes the page; a part without any runs stays as it is."""
    parts = {}
    if any(run.startswith(("etch", "tensorflow")) for run in runs):
        parts["test accuracy"] = test_accuracy(runs, models)
    curves = sweep(runs, models, swept, strengths)
    if any(curves.values()):
        parts["l2"] = l2(curves, strengths)
        draw(curves)
    if not parts:
        raise SystemExit(f"etch: {PAGE}: requires finished runs, there are none; leave out --only")
    page = PAGE.read_text()
    for name, text in parts.items():
        marked = re.compile(rf"(<!-- results: {name} -->\n).*?(<!-- end -->)", re.S)
        page, count = marked.subn(lambda m: f"{m[1]}\n{text}\n{m[2]}", page)
        if count != 1:
            raise SystemExit(f"etch: {PAGE}: requires one part <!-- results: {name} -->, "
                             f"{count} came; add it")
    PAGE.write_text(page)
    print(f"wrote {', '.join(parts)} to {PAGE.relative_to(ROOT)}")
