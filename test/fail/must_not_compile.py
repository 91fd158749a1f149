"""Sources that must not compile, with g++ and clang, for the reason that their first line gives:

    // etch: Dense<Units>: requires at least 1 unit, fewer came
    // shows: has_units<2, Dense<0>, Shape<100>>

The first `error:` line holds the sentence, which etch continues with what to do. What the source
`shows`, " ... " standing for anything, is in the same diagnostic: before that line, in it, or in
the first note below it (names without `etch::`). It is the only error. With -DETCH_FIXED the source
compiles, so that there is no other reason. The header that all include is compiled once,
beforehand: five times as fast."""

import pathlib
import re
import sys
import tempfile

import compilers

GRAMMAR = re.compile(r"etch: [^:]+: requires .+, .+ came; .+")


def expectation(source):
    lines = source.read_text().split("\n")
    shows = [line[len("// shows: "):] for line in lines if line.startswith("// shows: ")]
    return lines[0].removeprefix("// "), shows


def first_diagnostic(lines, error):
    note = next((i for i in range(error + 1, len(lines)) if " note: " in lines[i]), error)
    text = "\n".join([*lines[:error + 1], lines[note]])
    return text.replace("etch::", "").replace("> >", ">>").replace("> >", ">>")


def findings(compiler, source):
    sentence, shows = expectation(source)
    broken = compiler.check(source)
    lines = broken.stdout.split("\n")
    errors = [i for i, line in enumerate(lines) if re.search(r"\berror: ", line)]
    print(f"{compiler.name}: {len(errors)} errors")
    if broken.returncode == 0:
        yield "it compiles"
        return
    if not errors:
        yield f"it fails without an error: {broken.stdout}"
        return
    first = lines[errors[0]]
    if sentence not in first:
        yield f"the first error is not “{sentence}” but: {first}"
    if sentence.startswith("etch: ") and not GRAMMAR.search(first):
        yield f"the first error is no “etch: where: requires …, … came; what to do”: {first}"
    diagnostic = first_diagnostic(lines, errors[0])
    for shown in shows:
        if not re.search(".*".join(map(re.escape, shown.split(" ... "))), diagnostic):
            yield f"its diagnostic does not show “{shown}”:\n{diagnostic}"
    for error in errors[1:]:
        yield f"a further error: {lines[error]}"


def repaired_findings(compiler, source):
    fixed = compiler.check(source, "-DETCH_FIXED", "-Werror")
    if fixed.returncode != 0:
        yield f"with ETCH_FIXED it does not compile either:\n{fixed.stdout}"


def precompile(compiler, header, folder):
    """Has the compiler read `header` from a precompiled copy in `folder` from now on."""
    place = folder / compiler.name / "etch" / "etch.hpp.gch"
    place.parent.mkdir(parents=True)
    made = compiler.run([*compiler.flags, "-x", "c++-header", str(header), "-o", str(place)])
    if made.returncode != 0:
        sys.exit(f"{compiler.name}: etch.hpp does not compile:\n{made.stdout}")
    if compiler.name == "g++":  # finds it where it looks for the header; -Winvalid-pch: or says so
        compiler.flags[:0] = ["-I", str(place.parent.parent), "-Winvalid-pch"]
    else:
        compiler.flags += ["-include-pch", str(place)]


def main():
    options = compilers.arguments(("--header", {"type": pathlib.Path, "required": True}),
                                  ("--of", {"choices": ["own", "other"], "required": True}),
                                  ("sources", {"type": pathlib.Path, "nargs": "+"}))
    asked = compilers.both(options)
    if options.of == "other" and len(asked) == 1:
        return 77
    compiler = asked[options.of == "other"]
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        precompile(compiler, options.header, pathlib.Path(folder))
        for source in options.sources:
            found = list(findings(compiler, source))
            if options.of == "own":  # one compiler shows that nothing else is wrong
                found += repaired_findings(compiler, source)
            for finding in found:
                print(f"{source.name}: {compiler.name}: {finding}")
                failed = True
    return failed


if __name__ == "__main__":
    sys.exit(main())
