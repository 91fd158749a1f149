"""Each header compiles alone, and twice in a row, without a warning. One line for each header that
does not. The project's compiler alone is asked, for one target: others have the same includes to
miss."""

import pathlib
import sys

import compilers


def findings(compiler, include, headers):
    for header in headers:
        line = f'#include "{header.relative_to(include).as_posix()}"\n'
        result = compiler.check(line + line, "-Werror")
        if result.returncode != 0:
            first = next((x for x in result.stdout.split("\n") if "error:" in x), result.stdout)
            yield f"{header.relative_to(include)}: {first}"


def main():
    options = compilers.arguments(
        ("--include", {"type": pathlib.Path, "required": True}),
        ("--folder", {"required": True, "help": "of include/etch; . for the umbrella headers"}))
    headers = sorted((options.include / "etch" / options.folder).glob("*.hpp"))
    failed = not headers
    print(f"{len(headers)} headers")
    compiler = compilers.own(options, "sse4")
    for finding in findings(compiler, options.include, headers):
        print(f"{compiler.name}: {finding}")
        failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
