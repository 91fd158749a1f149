"""Documentation quotes compiled files: each `<!-- quote: FILE PART -->` is followed by a code
block that is that part of that file, to the letter. `docs_test.py --write` brings the blocks up to
date."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

# Parts of files: from the line that matches the first pattern to that which matches the second.
PARTS = {
    "descriptor": (r"^#ifndef LEAKY_RELU_HPP", r"^#endif$"),
    "passes": (r"^#if defined\(LEAKY_RELU_INL", r"^#endif$(?![\s\S]*^#endif$)"),
    "oracle": (r"^template <float Slope>\nstruct etch::test", r"^};"),
    "all": (r"\A", r"\Z"),
}
QUOTE = re.compile(r"(<!-- quote: (\S+) (\w+) -->\n)(?:\n```\w*\n.*?\n```\n)?", re.S)


def quoted(path, part):
    text = (ROOT / path).read_text()
    begin, end = PARTS[part]
    start = re.search(begin, text, re.M).start()
    stop = re.compile(end, re.M).search(text, start).end()
    language = {".cpp": "cpp", ".hpp": "cpp", ".build": "meson"}[pathlib.Path(path).suffix]
    return f"\n```{language}\n{text[start:stop].strip()}\n```\n"


def main():
    stale, quotes = [], 0
    for page in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        text = page.read_text()
        quotes += len(QUOTE.findall(text))
        fresh = QUOTE.sub(lambda m: m[1] + quoted(m[2], m[3]), text)
        if fresh == text:
            continue
        if "--write" in sys.argv:
            page.write_text(fresh)
        else:
            stale.append(page.name)
    for name in stale:
        print(f"{name}: a quoted part has changed; run test/docs_test.py --write")
    if quotes == 0:
        print("no quotes found: the pages or the pattern have changed")
    return 1 if stale or quotes == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
