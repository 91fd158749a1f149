"""A stranger's project with etch in its subprojects/ configures, builds and learns: offline, and
where libarchive, libpng and zlib are absent. Takes the checkout's root and Meson's command."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile


def run(*command, **options):
    result = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            **options)
    print(result.stdout, flush=True)
    if result.returncode != 0:
        sys.exit(f"{command[0]} failed with exit code {result.returncode}")
    return result.stdout


def only_highway(folder):
    """An environment whose pkg-config knows no library but Highway."""
    folder.mkdir()
    found = subprocess.run(["pkg-config", "--variable=pcfiledir", "libhwy"], text=True,
                           stdout=subprocess.PIPE)
    if found.returncode == 0:  # else etch brings it along
        shutil.copy(pathlib.Path(found.stdout.strip()) / "libhwy.pc", folder)
    return {**os.environ, "PKG_CONFIG_LIBDIR": str(folder), "PKG_CONFIG_PATH": ""}


def main():
    root, meson = pathlib.Path(sys.argv[1]), sys.argv[2]
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder) / "stranger"
        build = project / "build"
        shutil.copytree(root / "test/subproject/stranger", project)
        (project / "subprojects").mkdir()
        (project / "subprojects/etch").symlink_to(root)
        said = run(meson, "setup", "--wrap-mode=nodownload", build, project,
                   env=only_highway(pathlib.Path(folder) / "pkgconfig"))
        if not re.search(r"libarchive found: .*NO", said):
            sys.exit("libarchive was found, so this is no test of its absence")
        run(meson, "compile", "-C", build)
        learnt = re.fullmatch(r"accuracy ([01]\.\d+)\n", run(build / "stranger"))
        if learnt is None or float(learnt[1]) < 0.95:
            sys.exit("the stranger's network has not learnt: requires an accuracy of 0.95 or more")


if __name__ == "__main__":
    main()
