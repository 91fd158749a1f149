"""Folders are floors: an include goes down, or sideways within a folder without a circle. One line
for each finding. Takes the checkout's root."""

import pathlib
import re
import sys

FLOORS = {"base": 0, "meta": 1, "shape": 2, "kernel": 3, "layer": 4, "net": 5, "train": 6, "io": 6,
          "app": 7, "bench": 7}
UMBRELLA = 6.5  # headers that stand in include/etch itself: above the core, below the programs

# Of a lower floor, only this.
ONLY = {"net": {"layer": {"etch/layer/contract.hpp", "etch/layer/passes-inl.hpp"}}}

# What is neither etch's nor the standard library's, and who may include it.
CORE = ["base", "meta", "shape", "kernel", "layer", "net", "train", ""]
OTHERS = [
    (r"hwy/aligned_allocator\.h", CORE),
    (r"hwy/.*", ["kernel", "layer", "net", "train", ""]),
    (r"boost/(mp11|hana)/.*\.hpp", ["meta", "shape", "layer", "net", "train", ""]),
    (r"(fcntl|locale|sched|sys/mman|sys/stat|unistd)\.h", ["base", "io", "app"]),  # POSIX
    (r"benchmark/benchmark\.h", ["bench"]),
    (r"(archive|archive_entry|png|zlib)\.h|fmt/.*\.h|(CLI|nlohmann)/.*\.hpp", ["io", "app"]),
]

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"][^>"]+[>"]|\w+)', re.M)


def folder_of(name):
    """The floor's name of "etch/base/error.hpp": base; "" for "etch/etch.hpp"."""
    return name.split("/")[1] if name.count("/") >= 2 else ""


def floor_of(name):
    return FLOORS.get(folder_of(name), UMBRELLA)


def judge_own(name, included, names):
    """Why file `name` may not include etch's file `included`, or None."""
    if included not in names:
        return "there is no such header"
    here, there = folder_of(name), folder_of(included)
    if here == there:
        return None
    if floor_of(included) >= floor_of(name):
        return f"{there or 'an umbrella'} is no lower floor than {here or 'an umbrella'}"
    if here == "" and there == "io":
        return "umbrella headers hold the core alone"
    allowed = ONLY.get(here, {}).get(there)
    if allowed is not None and included not in allowed:
        return f"of {there}/, {here} knows only {' and '.join(sorted(allowed))}"
    return None


def judge_other(name, included):
    """Why file `name` may not include the library's header `included`, or None."""
    if re.fullmatch(r"[a-z_0-9]+", included):  # <vector>
        return None
    for pattern, folders in OTHERS:
        if re.fullmatch(pattern, included):
            return None if folder_of(name) in folders else "not on this floor"
    return "no library that etch knows"


def circle(graph):
    """The files of one circle of includes, or nothing."""
    done, path = set(), []

    def visit(name):
        if name in path:
            return [*path[path.index(name):], name]
        if name in done:
            return []
        path.append(name)
        for included in graph.get(name, []):
            if found := visit(included):
                return found
        path.pop()
        done.add(name)
        return []

    return next((found for name in graph if (found := visit(name))), [])


def findings(root):
    include = root / "include"
    files = [f for f in sorted(include.rglob("*")) if f.suffix in (".hpp", ".cpp")]
    names = {f.relative_to(include).as_posix() for f in files}
    graph = {}
    if not files:
        yield f"{include}: there are no headers"
    for file in files:
        name = file.relative_to(include).as_posix()
        if folder_of(name) not in {"", *FLOORS}:
            yield f"{name}: {folder_of(name)}/ is no floor"
        for match in INCLUDE.finditer(text := file.read_text()):
            place = f"{name}:{text.count(chr(10), 0, match.start(1)) + 1}"
            written, included = match[1], match[1].strip('<">')
            if written == "ETCH_LAYERS" and name == "etch/targets-inl.hpp":
                continue  # the program's own layers
            if written[0] == '"':
                graph.setdefault(name, []).append(included)
                why = judge_own(name, included, names)
            elif written[0] == "<":
                why = judge_other(name, included)
            else:
                why = "a macro hides what it includes"
            if why:
                yield f"{place}: includes {written}: {why}"
    if found := circle(graph):
        yield "a circle of includes: " + " → ".join(found)


def main():
    found = list(findings(pathlib.Path(sys.argv[1])))
    print("\n".join(found))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
