"""Each rule of includes.py and text.py finds what breaks it: a copy of the headers is broken in one
place at a time."""

import pathlib
import shutil
import sys
import tempfile

import includes
import text

ERROR, SHAPE = "include/etch/base/error.hpp", "include/etch/shape/shape.hpp"
LAYER, NETWORK = "include/etch/layer/relu-inl.hpp", "include/etch/net/network.hpp"

# A file, what is replaced there by what, and what is then said of it.
BREAKS = [
    (ERROR, "#include <string>", '#include "etch/meta/text.hpp"', "meta is no lower floor"),
    (ERROR, "#include <string>", '#include "etch/etch.hpp"', "an umbrella is no lower floor"),
    (ERROR, "#include <string>", "#include <hwy/highway.h>", "<hwy/highway.h>: not on this floor"),
    (ERROR, "#include <string>", "#include <png.h>", "<png.h>: not on this floor"),
    (ERROR, "#include <string>", "#include <Eigen/Dense>", "no library that etch knows"),
    (ERROR, "#include <string>", "#include ANYTHING", "a macro hides"),
    (ERROR, "#include <string>", '#include "error.hpp"', "there is no such header"),
    (ERROR, "#include <string>", '#include "etch/base/error.hpp"', "a circle of includes"),
    (SHAPE, "#include <array>", '#include "etch/kernel/simd.hpp"', "kernel is no lower floor"),
    (LAYER, "etch/layer/contract.hpp", "etch/net/arena.hpp", "net is no lower floor"),
    (NETWORK, "etch/layer/contract.hpp", "etch/layer/relu-inl.hpp", "net knows only"),
    ("include/etch/io/dataset.hpp", "etch/base/pictures.hpp", "etch/train/fit.hpp",
     "train is no lower floor than io"),
    ("include/etch/train/fit.hpp", "etch/train/trainer.hpp", "etch/io/dataset.hpp",
     "io is no lower floor than train"),
    ("include/etch/train/fit.hpp", "etch/train/trainer.hpp", "etch/app/assignment.hpp",
     "app is no lower floor"),
    ("include/etch/etch.hpp", "etch/net/model.hpp", "etch/io/dataset.hpp", "the core alone"),
    ("include/etch/etch.hpp", "etch/net/model.hpp", "etch/app/assignment.hpp",
     "app is no lower floor"),
    ("include/etch/bench/layers.hpp", "etch/bench/measure.hpp", "etch/app/assignment.hpp",
     "app is no lower floor than bench"),
    (NETWORK, "#include <cstddef>", "#include <benchmark/benchmark.h>",
     "<benchmark/benchmark.h>: not on this floor"),
    (ERROR, "ETCH_BASE_ERROR_HPP", "ERROR_HPP", "another guard than ETCH_BASE_ERROR_HPP"),
    (ERROR, "#include <string>", "#pragma once", "has #pragma once"),
    (ERROR, "namespace etch {", "namespace HWY_NAMESPACE {", "names HWY_NAMESPACE"),
    (LAYER, "ETCH_LAYER_RELU_INL_HPP", "RELU_INL_HPP", "no toggle guard ETCH_LAYER_RELU_INL_HPP"),
    (LAYER, "ETCH_LAYER_RELU_HPP", "RELU_HPP", "not all behind the guard ETCH_LAYER_RELU_HPP"),
    (LAYER, "struct ReLU {", "struct HWY_NAMESPACE {", "outside of the toggle guard"),
    (SHAPE, "namespace etch {", "namespace etch {" + 400 * "\n", "lines, more than 400"),
    (SHAPE, "namespace etch {", "namespace etch {  // " + 80 * "é", "101 columns, more than 100"),
    (SHAPE, "namespace etch {", "namespace etch {  // see /" + "home/me", "names a path"),
]


def main():
    root, failed = pathlib.Path(sys.argv[1]), False
    with tempfile.TemporaryDirectory() as folder:
        copy = pathlib.Path(folder)
        shutil.copytree(root / "include", copy / "include")
        for name, old, new, said in BREAKS:
            file = copy / name
            whole = file.read_text()
            file.write_text(whole.replace(old, new))
            found = [*includes.findings(copy), *text.findings(copy)]
            if whole == file.read_text() or not any(said in finding for finding in found):
                print(f"{name}: {new.strip()[:60]} instead of {old}: nobody says “{said}”: {found}")
                failed = True
            file.write_text(whole)
    print(f"{len(BREAKS)} breaks")
    return failed


if __name__ == "__main__":
    sys.exit(main())
