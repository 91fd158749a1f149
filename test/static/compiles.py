"""A source of static_asserts compiles, with g++ and clang; warnings are errors."""

import pathlib
import sys

import compilers


def main():
    options = compilers.arguments(("--source", {"type": pathlib.Path, "required": True}))
    failed = False
    for compiler in compilers.both(options):
        result = compiler.check(options.source, "-Werror")
        print(f"{compiler.name}: {'compiles' if result.returncode == 0 else result.stdout}")
        failed |= result.returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
