"""Loads pickles that real Python and numpy wrote, bit for bit, and refuses odd ones.

pickle_test.py DUMP: the program of dump.cpp. Skipped (77) where there is no numpy. It runs with
Python 2.7 too, so that its pickles can be tried where one is.
"""

from __future__ import print_function

import io
import os
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    print("no numpy for this Python")
    sys.exit(77)

DUMP = sys.argv[1]
PARTS = "train", "valid", "test"
SIDE = 28, 28


def course(count=(20, 5, 7), side=SIDE, label_type="int32", seed=0):
    """A dictionary as the course's: pictures of bytes as floats, labels."""
    random = np.random.RandomState(seed)
    data = {}
    for part, n in zip(PARTS, count):
        pixels = random.randint(0, 256, size=(n,) + side).astype("float32")
        data[part + "_dataset"] = (pixels - np.float32(127.5)) / np.float32(255)
        data[part + "_labels"] = random.randint(0, 10, size=n).astype(label_type)
    return data


def protocols():
    return range(2, pickle.HIGHEST_PROTOCOL + 1)


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.path = os.path.join(self.folder, "notMNIST.pickle")

    def tearDown(self):
        shutil.rmtree(self.folder)

    def write(self, content):
        with open(self.path, "wb") as file:
            file.write(content)
        return self.path

    def dump(self, path=None):
        process = subprocess.Popen([DUMP, path or self.path], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        out, err = process.communicate()
        return process.returncode, out, err.decode()

    def loads(self, content, data, path=None):
        """The pickle `content` is loaded as `data`."""
        if path is None:
            path = self.write(content)
        code, out, err = self.dump(path)
        self.assertEqual((code, err), (0, ""))
        shape = data["train_dataset"].shape
        counts = [len(data[part + "_labels"]) for part in PARTS]
        expected = " ".join(map(str, list(shape[1:]) + counts)).encode() + b"\n"
        for part in PARTS:
            expected += np.ascontiguousarray(data[part + "_dataset"]).astype("<f4").tobytes()
            expected += data[part + "_labels"].astype("uint8").tobytes()
        self.assertTrue(out == expected)

    def refuses(self, content, *texts):
        """In one line that holds the texts."""
        self.write(content)
        code, out, err = self.dump()
        self.assertEqual((code, out), (1, b""), err)
        self.assertTrue(re.match(r"^etch: [^\n:;]+: [^\n;]+ expected[^\n;]*, [^\n;]+; [^\n;]+\n$",
                                 err), err)
        for text in texts:
            self.assertIn(text, err)


class Loads(Files):
    def test_every_protocol_and_label_type(self):
        for protocol in protocols():
            for label_type in "int32", "int64", "uint8":
                data = course(label_type=label_type)
                self.loads(pickle.dumps(data, protocol), data)

    def test_fortran_order_and_parts_of_arrays(self):
        for protocol in protocols():
            data = course(count=(35, 16, 1), side=(3, 5))
            data["train_dataset"] = np.asfortranarray(data["train_dataset"])
            data["valid_dataset"] = np.asfortranarray(data["valid_dataset"])
            wide = np.zeros((2, 3, 5), "f4")
            wide[1] = data["test_dataset"][0]
            data["test_dataset"] = wide[1::2]
            self.loads(pickle.dumps(data, protocol), data)

    def test_other_names_and_other_keys(self):
        data = course()
        more = dict(data, letters="ABC", side=28, bits=None, long=(1 << 70) >> 30, pair=(1, -1),
                    nothing=(), real=np.zeros(3, "f8"), good=True)
        content = pickle.dumps(more, 2)
        for name in "x.pkl", "x":
            path = os.path.join(self.folder, name)
            with open(path, "wb") as file:
                file.write(content)
            self.loads(None, data, path)

    def test_memory_without_order(self):
        data = course(side=(1, 1))
        for protocol in protocols():
            read_only = dict(data)
            read_only["train_dataset"] = np.frombuffer(data["train_dataset"].tobytes(),
                                                       "f4").reshape(-1, 1, 1)
            self.loads(pickle.dumps(read_only, protocol), data)

    def test_the_other_numpy(self):
        # numpy 2 calls numpy.core numpy._core; old files and new ones are to be read.
        core = getattr(np, "_core", None) or np.core
        old, new = "numpy.core", "numpy._core"
        mine, other = (old, new) if core.__name__ == old else (new, old)
        kept = {name: sys.modules.get(name) for name in (other, other + ".multiarray",
                                                         other + ".numeric")}
        functions = [core.multiarray._reconstruct]
        if hasattr(core.numeric, "_frombuffer"):
            functions.append(core.numeric._frombuffer)
        names = [function.__module__ for function in functions]
        try:
            sys.modules[other] = core
            sys.modules[other + ".multiarray"] = core.multiarray
            sys.modules[other + ".numeric"] = core.numeric
            for function in functions:
                function.__module__ = function.__module__.replace(mine, other)
            for protocol in protocols():
                data = course()
                content = pickle.dumps(data, protocol)
                self.assertIn(other.encode(), content)
                self.assertNotIn(mine.encode() + b".", content)
                self.loads(content, data)
        finally:
            for function, name in zip(functions, names):
                function.__module__ = name
            for name, module in kept.items():
                if module is None:
                    del sys.modules[name]
                else:
                    sys.modules[name] = module


def python2(data, quoted=False):
    """As Python 2 writes it with protocol 2: str for names and for data."""
    out = io.BytesIO()

    def number(n):
        out.write(b"K" + bytearray([n]) if n < 256 else b"J" + np.array(n, "<i4").tobytes())

    def string(text):
        if quoted:
            inside = "".join(chr(c) if 32 <= c < 127 and c not in (39, 92) else
                             {9: r"\t", 10: r"\n", 13: r"\r", 39: r"\'", 92: r"\\"}.get(
                                 c, "\\x%02x" % c) for c in bytearray(text))
            out.write(b"S'" + inside.encode() + b"'\n")
        elif len(text) < 256:
            out.write(b"U" + bytearray([len(text)]) + text)
        else:
            out.write(b"T" + np.array(len(text), "<i4").tobytes() + text)

    def array(a):
        out.write(b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00t")
        string(b"b")
        out.write(b"tR(K\x01(")
        for n in a.shape:
            number(n)
        out.write(b"tcnumpy\ndtype\n(")
        string(a.dtype.str[1:].encode())
        out.write(b"K\x00K\x01tR(K\x03")
        string(a.dtype.str[:1].encode())
        out.write(b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89")
        string(a.tobytes())
        out.write(b"tb")

    out.write(b"\x80\x02}q\x01(")
    for key in sorted(data):
        string(key.encode())
        array(data[key])
    out.write(b"u.")
    return out.getvalue()


class LoadsPython2(Files):
    def test_byte_strings(self):
        data = course()
        content = python2(data)
        if sys.version_info[0] == 3:
            again = pickle.loads(content, encoding="latin1")
            self.assertTrue(all((again[key] == data[key]).all() for key in data))
        self.loads(content, data)

    def test_quoted_strings(self):
        data = course()
        content = python2(data, quoted=True)
        if sys.version_info[0] == 3:
            again = pickle.loads(content, encoding="latin1")
            self.assertTrue(all((again[key] == data[key]).all() for key in data))
        self.loads(content, data)


class Evil(object):
    def __init__(self, function, *arguments):
        self.reduced = function, arguments

    def __reduce__(self):
        return self.reduced


class Refuses(Files):
    def test_what_is_executed_or_looked_up_elsewhere(self):
        for protocol in protocols():
            for evil, name in ((Evil(os.system, "touch " + self.path + ".run"), "system"),
                               (Evil(eval, "1"), "eval"), (Evil(getattr, 1, "real"), "getattr"),
                               (np.float32(1), "scalar"), (1j, "complex"), ({1}, None),
                               ([], "EMPTY_LIST"), (1.5, "BINFLOAT"), (1 << 80, "8 bytes")):
                data = course(side=(2, 2))
                data["z"] = evil
                self.refuses(pickle.dumps(data, protocol), name or "found at byte")
        self.assertFalse(os.path.exists(self.path + ".run"))

    def test_persistent_ids(self):
        class Pickler(pickle.Pickler):
            def persistent_id(self, thing):
                return 5 if thing is None else None
        out = io.BytesIO()
        Pickler(out, 2).dump(dict(course(), z=None))
        self.refuses(out.getvalue(), "BINPERSID (persistent id)")

    def test_other_protocols(self):
        for protocol in 0, 1:
            self.refuses(pickle.dumps(course(), protocol), "protocol 2 to 5 expected")

    def test_wrong_arrays(self):
        def wrong(texts, **changes):
            self.refuses(pickle.dumps(dict(course(), **changes), 4 if sys.version_info[0] == 3
                                      else 2), *texts)
        good = course()
        pictures, labels = good["valid_dataset"], good["valid_labels"]
        wrong(["train_dataset of float32 expected", "<f8 found"],
              train_dataset=good["train_dataset"].astype("f8"))
        wrong(["valid_dataset of float32", ">f4"], valid_dataset=pictures.astype(">f4"))
        wrong(["valid_dataset of float32", "int32"], valid_dataset=pictures.astype("i4"))
        wrong(["(5, 784) found"], valid_dataset=pictures.reshape(5, -1))
        wrong(["(0, 28, 28) found"], valid_dataset=pictures[:0])
        wrong(["28x28 (height x width)", "14x56"], valid_dataset=pictures.reshape(5, 14, 56))
        wrong(["valid_labels of shape (5,) expected", "(4,) found"], valid_labels=labels[:4])
        wrong(["int32, int64 or uint8", "<i2"], valid_labels=labels.astype("i2"))
        wrong(["(5, 10) found"], valid_labels=np.eye(10, dtype="f4")[labels])
        wrong(["labels 0 to 9", "-1 found at index 2"],
              valid_labels=np.array([1, 2, -1, 3, 4], "i4"))
        wrong(["labels 0 to 9", "10 found at index 4"],
              valid_labels=np.array([1, 2, 0, 3, 10], "u1"))
        wrong(["labels 0 to 9"], valid_labels=labels.astype("i8") + (1 << 33))
        wrong(["an array expected for valid_labels"], valid_labels=5)
        wrong(["(5,) found"], valid_dataset=np.zeros(5, [("x", "f4")])
              .view("f4"))

    def test_missing_keys(self):
        for key in course():
            data = course()
            del data[key]
            self.refuses(pickle.dumps(data, 2), "the key %s expected, none found" % key)

    def test_other_things_than_dictionaries(self):
        for thing in None, 1, (1, 2), np.zeros((2, 28, 28), "f4"):
            self.refuses(pickle.dumps(thing, 2), "a dictionary expected")

    def test_structured_and_object_types(self):
        self.refuses(pickle.dumps(dict(course(), z=np.zeros(2, [("a", "f4")])), 2), "dtype")
        self.refuses(pickle.dumps(dict(course(), z=np.array([None])), 2), "found at byte")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
