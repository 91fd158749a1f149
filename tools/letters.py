"""Data sets as etch reads and cuts them (include/etch/io/): pictures [n][784] and labels [n]
as bytes, in the same order."""

import gzip
import io
import math
import pathlib
import struct
import tarfile

import numpy as np

import philox

LETTERS = pathlib.Path(__file__).resolve().parent.parent / "data/letters"
TEST, VALIDATION, SPLIT_SEED = 3000, 2000, 2011  # etch's SplitOptions
PARTS = "train", "validation", "test"


def floats(pictures):
    """Bytes as what the networks read."""
    pixels = pictures.reshape(len(pictures), -1).astype(np.float32)
    return (pixels - np.float32(127.5)) / np.float32(255)


def read_idx(path):
    data = gzip.decompress(pathlib.Path(path).read_bytes())
    extents = struct.unpack_from(f">{data[3]}I", data, 4)
    return np.frombuffer(data, np.uint8, math.prod(extents), 4 + 4 * data[3]).reshape(extents)


def write_idx(path, values):
    header = struct.pack(f">{1 + values.ndim}I", 0x800 | values.ndim, *values.shape)
    pathlib.Path(path).write_bytes(header + values.tobytes())


def read_part(part, folder=LETTERS):
    """A part of a folder of IDX files that has all of them, such as the built-in letters."""
    folder = pathlib.Path(folder)
    pictures = read_idx(folder / f"{part}-images-idx3-ubyte.gz")
    return pictures.reshape(len(pictures), -1), read_idx(folder / f"{part}-labels-idx1-ubyte.gz")


def read_archive(path):
    """The usable pictures of an archive such as notMNIST_small.tar.gz, by path."""
    from PIL import Image
    found = {}
    with tarfile.open(path) as archive:
        for member in archive:
            words = [word for word in member.name.split("/") if word not in ("", ".")]
            if member.isfile() and words[-1].endswith(".png") and words[-2] in "ABCDEFGHIJ" and \
                    not any(word.startswith(".") for word in words):
                found["/".join(words)] = archive.extractfile(member).read()
    pictures, labels = [], []
    for name in sorted(found, key=str.encode):
        try:
            picture = np.asarray(Image.open(io.BytesIO(found[name])))
        except OSError:
            continue  # etch skips it too
        if picture.shape == (28, 28) and picture.dtype == np.uint8:
            pictures.append(picture.ravel())
            labels.append(ord(name.split("/")[-2]) - ord("A"))
    return np.array(pictures), np.array(labels, np.uint8)


def cut(pictures, labels):
    """The parts by name, as etch holds pictures out."""
    order = np.array(philox.shuffled(len(labels), SPLIT_SEED))
    chosen = dict(zip(("test", "validation", "train"),
                      np.split(order, [TEST, TEST + VALIDATION])))
    return {part: (pictures[chosen[part]], labels[chosen[part]]) for part in PARTS}
