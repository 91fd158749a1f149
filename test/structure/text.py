"""How files look: guards, lengths, and what no file may name. One line for each finding. Takes the
checkout's root."""

import os
import pathlib
import re
import sys

FOLDERS = [".ci", "bench", "data", "docs", "examples", "include", "test", "tools"]
CODE = {".cpp", ".hpp", ".in", ".py", ".build", ".sh"}
MOST_LINES, MOST_COLUMNS = 400, 100
# Paths that exist on somebody's machine alone.
MACHINE = re.compile(r"(?<![\w.:/-])/(?:work|home|root|Users)/")

TOGGLE = """\
#if defined({0}) == defined(HWY_TARGET_TOGGLE)
#ifdef {0}
#undef {0}
#else
#define {0}
#endif
"""


def guard_name(header):
    """ETCH_BASE_ERROR_HPP for etch/base/error.hpp."""
    return re.sub(r"[/.-]", "_", header).upper()


def without_comments(text):
    text = re.sub(r"//.*", "", text)
    text = re.sub(r"/\*.*?\*/", lambda m: "\n" * m[0].count("\n"), text, flags=re.S)
    return text


def without_macros(text):
    return re.sub(r"^\s*#\s*define(.*\\\n)*.*", "", text, flags=re.M)


def ordinary_guard(text, name):
    """Whether all of `text` stands between #ifndef and #endif."""
    lines = [line for line in text.split("\n") if line.strip()]
    return lines[:2] == [f"#ifndef {name}", f"#define {name}"] and lines[-1].startswith("#endif")


def header_findings(header, text):
    guard, code = guard_name(header), without_comments(text)
    if "#pragma once" in code:
        yield "has #pragma once; the house has include guards"
    if not header.endswith("-inl.hpp"):
        if not ordinary_guard(code, guard):
            yield f"begins with another guard than {guard}, or does not end with its #endif"
        if "HWY_NAMESPACE" in without_macros(code):
            yield "names HWY_NAMESPACE; code for each SIMD target is in -inl.hpp"
        return
    if TOGGLE.format(guard) not in code:
        yield f"has no toggle guard {guard}"
        return
    before, behind = code.split(TOGGLE.format(guard))
    plain = guard_name(header.replace("-inl", ""))
    if before.strip() and not ordinary_guard(before, plain):
        yield f"what comes before the toggle guard is not all behind the guard {plain}"
    if not behind.rstrip().endswith("#endif"):
        yield f"does not end with the #endif of {guard}"
    if "HWY_NAMESPACE" in without_macros(before):
        yield "names HWY_NAMESPACE outside of the toggle guard"


def text_findings(lines):
    if len(lines) > MOST_LINES:
        yield f"has {len(lines)} lines, more than {MOST_LINES}"
    for number, line in enumerate(lines, 1):
        if len(line) > MOST_COLUMNS:
            yield f"line {number} has {len(line)} columns, more than {MOST_COLUMNS}"


def files(root):
    """All that is committed, as far as a checkout shows it, paths from the root."""
    yield from (f for f in sorted(root.iterdir()) if f.is_file())
    for folder in [root / name for name in FOLDERS]:
        for where, folders, names in os.walk(folder):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "__")))
            yield from (pathlib.Path(where) / name for name in sorted(names))


def findings(root):
    count = 0
    for file in files(root):
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # pictures, archives
        name, lines = file.relative_to(root).as_posix(), text.split("\n")
        if file.suffix in CODE or text.startswith("#!"):
            count += 1
            yield from (f"{name}: {finding}" for finding in text_findings(lines[:-1]))
        if name.startswith("include/") and file.suffix == ".hpp":
            header = name.removeprefix("include/")
            yield from (f"{name}: {finding}" for finding in header_findings(header, text))
        for number, line in enumerate(lines, 1):
            if match := MACHINE.search(line):
                yield f"{name}:{number}: names a path of a machine: {line[match.start():][:60]}"
    if count == 0:
        yield f"{root}: there are no sources"


def main():
    found = list(findings(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
