"""TensorFlow from PyPI, in a virtual environment of its own."""

import importlib.util
import os
import pathlib
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parent.parent
TENSORFLOW = "numpy==2.4.6", "tensorflow-cpu==2.21.0"  # bench/models.py takes them, too
PACKAGES = *TENSORFLOW, "matplotlib==3.10.7"


def make(home):
    """The Python of a new virtual environment; removes what is there. Raises CalledProcessError."""
    venv.create(home, clear=True, with_pip=True)
    return home / "bin/python"


def install(python, *packages):
    """Raises CalledProcessError."""
    subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)


def enter():
    """Starts this script anew in build/tensorflow-venv, which is made where it is missing, if there
    is no TensorFlow here. Call it before importing what a bare Python lacks."""
    if all(importlib.util.find_spec(name) for name in ("tensorflow", "matplotlib")):
        return
    home = ROOT / "build/tensorflow-venv"
    python, ready = home / "bin/python", home / "ready"
    if sys.executable == str(python):
        sys.exit(f"etch: {home}: requires {', '.join(PACKAGES)}, not all are there; remove it")
    if not ready.exists():
        print(f"etch: installing TensorFlow into {home}", file=sys.stderr)
        try:
            install(make(home), *PACKAGES)
        except subprocess.CalledProcessError:
            sys.exit(f"etch: {home}: requires Python's venv and the network to install "
                     f"{', '.join(PACKAGES)}, one failed; on Debian install python3-venv")
        ready.touch()
    os.execv(python, [str(python), *sys.argv])
