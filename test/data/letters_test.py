"""Checks the committed letters. Usage: letters_test.py [<data/letters>]"""

import gzip
import hashlib
import struct
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parents[2] / "data" / "letters"
LETTERS = Path(sys.argv[1]) if len(sys.argv) > 1 else HERE
FACES = {"train": 800, "validation": 100, "test": 100}
I = 8


def read(part):
    images = gzip.decompress((LETTERS / f"{part}-images-idx3-ubyte.gz").read_bytes())
    labels = gzip.decompress((LETTERS / f"{part}-labels-idx1-ubyte.gz").read_bytes())
    return images, labels


def samples(part):
    images, labels = read(part)
    return [(images[16 + 784 * i : 800 + 784 * i], label) for i, label in enumerate(labels[8:])]


class Letters(unittest.TestCase):
    def test_sums(self):
        lines = (LETTERS / "SHA256SUMS").read_text().splitlines()
        sums = {name: digest for digest, name in (line.split() for line in lines)}
        files = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in LETTERS.glob("*.gz")}
        self.assertEqual(files, sums)
        self.assertEqual(len(sums), 6)

    def test_size(self):
        self.assertLessEqual(sum(p.stat().st_size for p in LETTERS.iterdir()), 4_000_000)

    def test_shapes(self):
        for part, faces in FACES.items():
            images, labels = read(part)
            self.assertEqual(struct.unpack(">4I", images[:16]), (0x803, 10 * faces, 28, 28))
            self.assertEqual(struct.unpack(">2I", labels[:8]), (0x801, 10 * faces))
            self.assertEqual(len(images), 16 + 784 * 10 * faces)
            self.assertEqual(len(labels), 8 + 10 * faces)

    def test_as_many_of_each_letter(self):
        for part, faces in FACES.items():
            labels = read(part)[1][8:]
            self.assertEqual([labels.count(letter) for letter in range(10)], [faces] * 10, part)

    def test_letters_are_mixed(self):
        labels = read("train")[1][8:]
        for start in range(0, len(labels), 100):  # by chance one is missing in 4,000 such runs
            self.assertGreater(len(set(labels[start : start + 100])), 8)

    def test_no_picture_in_two_places(self):
        # But an I without serifs is a white square, or a slanted bar, in every face.
        seen = {}
        for part in FACES:
            for number, (picture, label) in enumerate(samples(part)):
                if label != I:
                    self.assertFalse(picture in seen, (part, number, seen.get(picture)))
                seen.setdefault(picture, (part, number))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
