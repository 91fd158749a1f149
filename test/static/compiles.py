"""A source of static_asserts compiles, with g++ and clang, and with more flags where these are
given; warnings are errors."""

import pathlib
import sys

import compilers


def main():
    options = compilers.arguments(("--source", {"type": pathlib.Path, "required": True}),
                                  ("--flags", {"type": str.split, "default": []}))
    failed = False
    for compiler in compilers.both(options):
        result = compiler.check(options.source, "-Werror", *options.flags)
        print(f"{compiler.name}: {'compiles' if result.returncode == 0 else result.stdout}")
        failed |= result.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
