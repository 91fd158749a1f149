"""Runs assignment 1: pickles from archives, and what numpy and the models find in them.

notmnist_test.py NOTMNIST CONV_STRIDED. Skipped (77) where there is no numpy.
"""

import io
import pathlib
import pickle
import re
import struct
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zlib

try:
    import numpy as np
except ImportError:
    print("no numpy for this Python")
    sys.exit(77)

NOTMNIST, CONV_STRIDED = (str(pathlib.Path(program).resolve()) for program in sys.argv[1:3])
PARTS = "train", "valid", "test"


def png(picture):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I",
                                                                        zlib.crc32(kind + data))
    rows = b"".join(b"\0" + row.tobytes() for row in picture)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", 28, 28, 8, 0, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def letters(count, seed):
    """Pictures and labels."""
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, 28, 28), "u1"), np.arange(count) % 10


def archive(path, pictures, labels, damaged=()):
    with tarfile.open(path, "w:gz", compresslevel=1) as tar:
        for i, (picture, label) in enumerate(zip(pictures, labels)):
            data = png(picture)
            if i in damaged:
                data = data[:40]
            info = tarfile.TarInfo(f"notMNIST/{'ABCDEFGHIJ'[label]}/{i:05}.png")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def bytes_of(floats):
    pixels = np.rint(floats.astype("f8") * 255 + 127.5).astype("u1")
    assert (((pixels.astype("f4") - np.float32(127.5)) / np.float32(255)) == floats).all()
    return pixels


def keys(pictures):
    return {picture.tobytes() for picture in pictures}


class NotMnist(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)
        cls.large = archive(cls.folder / "large.tar.gz", *letters(400, 1), damaged=[17])
        cls.small = archive(cls.folder / "small.tar.gz", *letters(150, 2))

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def run_it(self, *arguments, program=NOTMNIST):
        return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True,
                              cwd=self.folder, timeout=120)

    def make(self, *arguments):
        done = self.run_it("make", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        with open(self.folder / "notMNIST.pickle", "rb") as file:
            data = pickle.load(file)
        self.assertEqual(list(data), [part + kind for part in PARTS
                                      for kind in ("_dataset", "_labels")])
        shapes = dict(zip(PARTS, re.findall(r"^\w+ set \((\d+), 28, 28\) \(\1,\)$", done.stdout,
                                            re.M)))
        for part in PARTS:
            pictures, labels = data[part + "_dataset"], data[part + "_labels"]
            self.assertEqual((pictures.dtype, labels.dtype), ("float32", "int32"))
            self.assertEqual(pictures.shape, (len(labels), 28, 28))
            self.assertEqual(shapes[part], str(len(labels)))
            data[part + "_dataset"] = bytes_of(pictures)
        return data, done

    def check_labels(self, data, *archives):
        """Each picture has the label that it has in one of the archives."""
        label_of = {picture.tobytes(): label for pictures, labels in archives
                    for picture, label in zip(pictures, labels)}
        for part in PARTS:
            for picture, label in zip(data[part + "_dataset"], data[part + "_labels"]):
                self.assertEqual(label, label_of[picture.tobytes()])

    def test_one_archive_trains_as_the_archive_itself(self):
        for option in "--small", "--large":
            data, _ = self.make(option, self.small, "--test", 40, "--valid", 30)
            self.check_labels(data, letters(150, 2))
            self.assertEqual(len(set().union(*(keys(data[part + "_dataset"]) for part in PARTS))),
                             150)
            training = "--steps", 40, "--eval-every", 5
            mine = self.run_it("--data", self.small, "--test-size", 40, "--validation-size", 30,
                               *training, program=CONV_STRIDED)
            pickled = self.run_it("--data", "notMNIST.pickle", *training, program=CONV_STRIDED)
            self.assertEqual(mine.returncode, 0, mine.stderr)
            self.assertEqual(mine.stdout, pickled.stdout)

    def test_the_seed_of_the_split(self):
        first, _ = self.make("--small", self.small, "--test", 40, "--valid", 30)
        other, _ = self.make("--small", self.small, "--test", 40, "--valid", 30,
                             "--split-seed", 5)
        self.assertNotEqual(keys(first["test_dataset"]), keys(other["test_dataset"]))
        mine = self.run_it("--data", self.small, "--test-size", 40, "--validation-size", 30,
                           "--split-seed", 5, "--steps", 3, program=CONV_STRIDED)
        pickled = self.run_it("--data", "notMNIST.pickle", "--steps", 3, program=CONV_STRIDED)
        self.assertEqual(mine.stdout, pickled.stdout)

    def test_both_archives_as_the_course(self):
        data, done = self.make("--large", self.large, "--small", self.small, "--train", 200,
                               "--valid", 100, "--test", 150)
        self.assertIn("pictures skipped: 1", done.stderr)
        self.check_labels(data, letters(400, 1), letters(150, 2))
        large, small = keys(letters(400, 1)[0]), keys(letters(150, 2)[0])
        self.assertEqual(keys(data["test_dataset"]), small)
        self.assertEqual([len(data[part + "_labels"]) for part in PARTS], [200, 100, 150])
        held = keys(data["train_dataset"]) | keys(data["valid_dataset"])
        self.assertEqual((len(held), held <= large), (300, True))
        self.assertNotEqual(list(data["test_labels"]), sorted(data["test_labels"]))

        # Fewer test pictures are the first of these, fewer training pictures too.
        fewer, _ = self.make("--large", self.large, "--small", self.small, "--train", 60,
                             "--valid", 100, "--test", 50)
        self.assertTrue((fewer["test_dataset"] == data["test_dataset"][:50]).all())
        self.assertTrue((fewer["train_dataset"] == data["train_dataset"][:60]).all())
        other, _ = self.make("--large", self.large, "--small", self.small, "--valid", 100,
                             "--split-seed", 5)
        self.assertFalse((other["test_dataset"] == data["test_dataset"]).all())
        everything, _ = self.make("--large", self.large, "--small", self.small, "--valid", 100)
        self.assertEqual([len(everything[part + "_labels"]) for part in PARTS], [299, 100, 150])

    def test_sanitize_drops_exact_and_near_copies(self):
        pictures, labels = letters(100, 3)
        other = pictures.copy()
        other[:40, 3, 5] ^= 128           # 0.02 % of the range, on average
        other[40:, :, ::9] ^= 128         # 7 %
        twice = np.concatenate([pictures, pictures, other])
        path = archive(self.folder / "twice.tar.gz", twice, np.concatenate([labels] * 3))
        plain, _ = self.make("--small", path, "--test", 50, "--valid", 40)
        clean, done = self.make("--small", path, "--test", 50, "--valid", 40, "--sanitize")
        self.assertTrue((plain["train_dataset"] == clean["train_dataset"]).all())
        train = plain["train_dataset"].reshape(-1, 784).astype(int)
        for part, name in ("valid", "Validation"), ("test", "Test"):
            nearest = [abs(train - picture.reshape(784)).sum(1).min()
                       for picture in plain[part + "_dataset"]]
            exact = sum(distance == 0 for distance in nearest)
            near = sum(0 < distance <= 0.01 * 255 * 784 for distance in nearest)
            self.assertGreater(min(exact, near), 0)
            self.assertIn(f"{name} set: {exact} exact and {near} near copies", done.stdout)
            kept = [picture for picture, distance in zip(plain[part + "_dataset"], nearest)
                    if distance > 0.01 * 255 * 784]
            self.assertTrue((clean[part + "_dataset"] == np.array(kept)).all())

        only = archive(self.folder / "only.tar.gz", np.repeat(pictures[:1], 9, 0), [0] * 9)
        done = self.run_it("make", "--small", only, "--test", 2, "--valid", 2, "--sanitize")
        self.fails(done, "Validation: pictures that are not in training expected, none found")

    def test_show(self):
        self.make("--small", self.small, "--test", 40, "--valid", 30)
        of_pickle = self.run_it("show", "notMNIST.pickle")
        self.assertEqual((of_pickle.returncode, of_pickle.stderr), (0, ""))
        of_archive = self.run_it("show", self.small, "--test", 40, "--valid", 30, "--sheet",
                                 "sheet.png")
        lines = of_pickle.stdout.splitlines()
        self.assertEqual(lines[:3], ["Training set (80, 28, 28) (80,)",
                                     "Validation set (30, 28, 28) (30,)",
                                     "Test set (40, 28, 28) (40,)"])
        self.assertEqual(lines[:-1], of_archive.stdout.splitlines()[:-1])
        self.assertEqual(lines[-1], "Samples: notMNIST-samples.png")
        counts = [list(map(int, line.split()[1:])) for line in lines[5:8]]
        self.assertEqual([sum(column) for column in zip(*counts)], [15] * 10)
        self.assertEqual([sum(row) for row in counts], [80, 30, 40])
        self.assertEqual(re.findall(r": (\d+) of", of_pickle.stdout), ["0"] * 6)
        sheets = [(self.folder / name).read_bytes() for name in ("sheet.png",
                                                                 "notMNIST-samples.png")]
        self.assertEqual(sheets[0], sheets[1])
        self.assertTrue(sheets[0].startswith(b"\x89PNG"))

    def test_show_counts_copies(self):
        pictures, labels = letters(9, 4)
        path = self.folder / "copies.pickle"
        floats = (pictures.astype("f4") - np.float32(127.5)) / np.float32(255)
        rows = {"train": [0, 1, 2, 1, 1], "valid": [3, 0, 0], "test": [1, 3, 3, 3, 8]}
        data = {}
        for part in PARTS:
            data[part + "_dataset"], data[part + "_labels"] = floats[rows[part]], labels[rows[part]]
        path.write_bytes(pickle.dumps(data, 4))
        done = self.run_it("show", path)
        self.assertEqual(re.findall(r": (\d+ of \d+)", done.stdout),
                         ["2 of 5", "1 of 3", "2 of 5", "2 of 3", "1 of 5", "3 of 5"])

    def fails(self, done, *texts, code=1):
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertRegex(done.stderr, r"^(etch: [^\n]*skipped[^\n]*\n)?etch: [^\n]+; [^\n]+\n$")
        for text in texts:
            self.assertIn(text, done.stderr)

    def test_errors_leave_nothing_behind(self):
        before = sorted(self.folder.iterdir())
        for arguments, text in (
                (["--small", "nowhere"], "nowhere: a data set expected"),
                (["--small", self.small], "more than 3000 + 2000 pictures expected"),
                (["--small", self.small, "--test", 40, "--valid", 30, "--train", 81],
                 "81 pictures for training expected, 80 found"),
                (["--small", self.small, "--large", self.small, "--test", 151, "--valid", 9],
                 "151 pictures for test expected, 150 found")):
            self.fails(self.run_it("make", *arguments, "-o", "new.pickle"), text)
        self.fails(self.run_it("make", "--small", self.small, "-o", "no/new.pickle"), "no/new")
        self.fails(self.run_it("show", "nowhere"), "nowhere")
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def test_a_pickle_is_no_archive(self):
        self.make("--small", self.small, "--test", 40, "--valid", 30)
        self.fails(self.run_it("make", "--small", "notMNIST.pickle", "-o", "x.pickle"),
                   "a pickle found")

    def test_a_full_disk(self):
        limited = subprocess.run(
            ["bash", "-c", 'ulimit -f 100; trap "" XFSZ; exec "$0" "$@"', NOTMNIST, "make",
             "--small", self.small, "--test", "40", "--valid", "30", "-o", "full.pickle"],
            capture_output=True, text=True, cwd=self.folder)
        self.fails(limited, "full.pickle: a file that can be written expected, File too large")
        self.assertEqual([p for p in self.folder.iterdir() if "full" in p.name], [])
        for arguments in ["--help"], ["make", "--help"], ["--version"]:
            with open("/dev/full", "w") as full:
                done = subprocess.run([NOTMNIST, *arguments], stdout=full, stderr=subprocess.PIPE,
                                      text=True)
            self.assertEqual(done.returncode, 1, arguments)
            self.assertIn("etch: standard output:", done.stderr)

    def test_usage(self):
        for arguments, program in (([], "notmnist"), (["frob"], "notmnist"),
                                   (["make"], "notmnist make"), (["show"], "notmnist show"),
                                   (["make", "--small"], "notmnist make"),
                                   (["make", "--small", "", "--large", "x"], "notmnist make"),
                                   (["make", "--small", "x", "--train", "0"], "notmnist make"),
                                   (["make", "--small", "x", "--test", "1.5"], "notmnist make"),
                                   (["make", "--small", "x", "-o", ""], "notmnist make"),
                                   (["make", "--small", "x", "-o", "./x"], "notmnist make"),
                                   (["show", "x", "--sheet", ""], "notmnist show"),
                                   (["show", "x", "--sheet", "y/../x"], "notmnist show"),
                                   (["show", ""], "notmnist show"),
                                   (["show", "x", "y"], "notmnist show")):
            done = self.run_it(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""), arguments)
            self.assertRegex(done.stderr, rf"^etch: command line: .*; see {program} --help\n$")
        for arguments in ["--help"], ["make", "--help"], ["show", "--help"], ["--version"]:
            self.assertEqual(self.run_it(*arguments).returncode, 0)
        self.assertIn("--sanitize", self.run_it("make", "--help").stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
