"""Shows what ledger.py has measured: as text, and in docs/specialisation.md between the markers
`<!-- ledger -->` and `<!-- end -->`."""

import pathlib
import re
import subprocess

import processor

ROOT = pathlib.Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/specialisation.md"
HEADER = ["layer", "pass", "specialised, µs", "run-time sizes, µs", "ratio", "code, bytes",
          "run-time sizes, bytes", "compile, s", "run-time sizes, s"]


def time(seconds):
    return f"{seconds * 1e6:.1f}" if seconds >= 1e-5 else f"{seconds * 1e6:.2f}"


def columns(seconds, size, compiled):
    return [*map(time, seconds), f"{seconds[1] / seconds[0]:.2f}",
            *(f"{number:,}" for number in size),
            *(f"{number:.2f}" for number in compiled or ())]


def lines(ledger):
    """The cells of all lines: one for each pass, a layer's name and seconds with its first."""
    seen = set()
    for row in ledger.rows:
        first = row.layer not in seen
        seen.add(row.layer)
        compiled = ledger.compile_seconds[row.layer] if first else None
        cells = columns(row.seconds, row.bytes, compiled)
        yield [f"{row.layer}, {row.shapes}" if first else "",
               row.name + ("" if row.quiet else " (noisy)"), *cells, *[""] * (7 - len(cells))]
    yield ["total", "", *columns(ledger.seconds, ledger.bytes, ledger.all_compile_seconds)]


def text(ledger):
    table = [HEADER, *lines(ledger)]
    widths = [max(len(line[c]) for line in table) for c in range(len(HEADER))]
    shown = [[cell.ljust(w) if c < 2 else cell.rjust(w)
              for c, (cell, w) in enumerate(zip(line, widths))] for line in table]
    return f"{ledger.model}\n" + "\n".join("  ".join(line).rstrip() for line in shown) + "\n"


def markdown(ledger):
    table = [HEADER, ["---", "---", *["---:"] * (len(HEADER) - 2)], *lines(ledger)]
    return f"### {ledger.model}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in table)


def machine(command):
    """Processor, compiler and the flags that matter."""
    about = subprocess.run([command[0], "--version"], text=True, stdout=subprocess.PIPE).stdout
    flags = [w.replace("-DETCH_NATIVE=HWY_", "") for w in command
             if re.match(r"-O|-DETCH_NATIVE|-march|-mcpu", w)]
    return f"{processor.name()}; {about.splitlines()[0]}; {' '.join(flags)}"


def write(ledgers, command):
    figures = f"{machine(command)}.\n\n" + "\n".join(map(markdown, ledgers))
    marked = re.compile(r"(<!-- ledger -->\n).*?(<!-- end -->)", re.S)
    page, count = marked.subn(lambda m: f"{m[1]}\n{figures}\n{m[2]}", PAGE.read_text())
    if count != 1:
        raise SystemExit(f"etch: {PAGE}: requires one part <!-- ledger -->, {count} came; add it")
    PAGE.write_text(page)
    print(f"wrote {PAGE.relative_to(ROOT)}")
