"""Tests tools/render_letters with the fonts that are installed.

Usage: render_letters_test.py <render_letters> [<folder of fonts>]
Exit code 77, which Meson takes as skipped, if there are no fonts.
"""

import gzip
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from fonts import renamed, shifted

TOOL = Path(sys.argv[1]).resolve()
FONTS = Path(sys.argv[2] if len(sys.argv) > 2 else "/usr/share/fonts")
PARTS = ("train", "validation", "test")


def installed_fonts(limit=12):
    """Small fonts, that is, not those of 20,000 ideographs."""
    found = (p for p in sorted(FONTS.rglob("*")) if p.suffix.lower() in (".ttf", ".otf"))
    return [p for p in found if p.is_file() and p.stat().st_size < 2_000_000][:limit]


def run(*arguments):
    return subprocess.run([TOOL, *arguments], capture_output=True, text=True, timeout=300)


def unpack(file):
    raw = file.read_bytes()
    flags, mtime = raw[3], struct.unpack("<I", raw[4:8])[0]
    assert (flags, mtime) == (0, 0), f"{file.name}: name or time in its gzip head"
    return gzip.decompress(raw)


def read_part(folder, part):
    """Its pictures as bytes, and its labels; none are no files. Checks the heads on the way."""
    if not (folder / f"{part}-images-idx3-ubyte.gz").exists():
        assert not (folder / f"{part}-labels-idx1-ubyte.gz").exists()
        return [], b""
    images = unpack(folder / f"{part}-images-idx3-ubyte.gz")
    labels = unpack(folder / f"{part}-labels-idx1-ubyte.gz")
    magic, count, height, width = struct.unpack(">4I", images[:16])
    assert (magic, height, width) == (0x803, 28, 28), (magic, height, width)
    assert struct.unpack(">2I", labels[:8]) == (0x801, count)
    assert len(images) == 16 + 784 * count and len(labels) == 8 + count and count > 0
    return [images[i : i + 784] for i in range(16, len(images), 784)], labels[8:]


def contents(folder):
    return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}


class RenderLetters(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.fonts = self.root / "fonts"
        self.fonts.mkdir()

    def copy_fonts(self, to=None, prefix="", reverse=False):
        for font in sorted(installed_fonts(), reverse=reverse):
            shutil.copy(font, (to or self.fonts) / (prefix + font.name))

    def out(self, name="out"):
        return self.root / name

    def assert_fails(self, result, code, *words):
        self.assertEqual(result.returncode, code, result.stderr)
        for word in words:
            self.assertIn(word, result.stderr)

    def test_wrong_command_line_exits_2(self):
        for arguments in (
            [],
            [self.fonts, "--nonsense"],
            [self.root / "nowhere"],
            [self.fonts, "--faces", "many"],
            [self.fonts, "--faces", "9"],
            [self.fonts, "--pictures", "9"],
            [self.fonts, "--fonts", self.root / "nowhere.txt"],
        ):
            self.assertEqual(run(*arguments).returncode, 2, arguments)

    def test_help_exits_0(self):
        self.assertEqual(run("--help").returncode, 0)

    def test_empty_folder_exits_1_and_writes_nothing(self):
        result = run(self.fonts, "--output", self.out(), "--sheet", self.out("sheet.png"))
        self.assert_fails(result, 1, "etch: ", str(self.fonts))
        self.assertEqual(result.stderr.count("\n"), 1)
        self.assertEqual([p.name for p in self.root.iterdir()], ["fonts"])

    def test_writes_idx(self):
        self.copy_fonts()
        result = run(self.fonts, "--output", self.out())
        self.assertEqual(result.returncode, 0, result.stderr)
        pictures = []
        for part in PARTS:
            part_pictures, labels = read_part(self.out(), part)
            counts = [labels.count(letter) for letter in range(10)]
            self.assertEqual(counts, [len(labels) // 10] * 10, part)
            pictures += part_pictures
        faces = int(result.stdout.split("\n")[-2].split()[0])
        self.assertGreater(faces, 0)
        self.assertEqual(len(pictures), 10 * faces)
        # The box of a glyph fills the picture: there is ink on all four sides.
        full = [
            p for p in pictures if any(p[:28]) and any(p[-28:]) and any(p[::28]) and any(p[27::28])
        ]
        self.assertGreater(len(full), 0.9 * len(pictures))
        self.assertTrue(any(0 < pixel < 255 for p in pictures for pixel in p), "not antialiased")

    def test_a_part_without_faces_has_no_files(self):
        self.copy_fonts()
        lines = self.families_by_part()
        for part, line in lines.items():
            (self.root / "list.txt").write_text(line)
            run(self.fonts, "--fonts", self.root / "list.txt", "--output", self.out())
            names = {f"{part}-images-idx3-ubyte.gz", f"{part}-labels-idx1-ubyte.gz"}
            self.assertEqual(set(contents(self.out())), names)

    def test_letters_are_mixed(self):
        self.copy_fonts()
        run(self.fonts, "--output", self.out())
        labels = max((read_part(self.out(), part)[1] for part in PARTS), key=len)
        self.assertNotIn(bytes(range(10)), labels)
        self.assertNotEqual(labels, bytes(sorted(labels)))

    def test_same_fonts_give_same_bytes(self):
        other = self.root / "other"
        other.mkdir()
        self.copy_fonts()
        self.copy_fonts(to=other, reverse=True)
        for folder, out in ((self.fonts, "a"), (self.fonts, "b"), (other, "c")):
            run(folder, "--output", self.out(out), "--sheet", self.out(out) / "sheet.png")
        self.assertIn("sheet.png", contents(self.out("a")))
        self.assertGreaterEqual(len(contents(self.out("a"))), 3)
        self.assertEqual(contents(self.out("a")), contents(self.out("b")))
        self.assertEqual(contents(self.out("a")), contents(self.out("c")))

    def test_duplicates_are_dropped(self):
        self.copy_fonts()
        run(self.fonts, "--output", self.out("once"))
        self.copy_fonts(prefix="again-")
        run(self.fonts, "--output", self.out("twice"))
        self.assertEqual(contents(self.out("once")), contents(self.out("twice")))

    def test_a_list_names_the_faces(self):
        self.copy_fonts()
        fonts_list = self.root / "list.txt"
        run(self.fonts, "--output", self.out("a"), "--list", fonts_list)
        run(self.fonts, "--fonts", fonts_list, "--output", self.out("b"))
        self.assertEqual(contents(self.out("a")), contents(self.out("b")))
        first = fonts_list.read_text().splitlines()[0]
        fonts_list.write_text(first + "\n")
        run(self.fonts, "--fonts", fonts_list, "--output", self.out("c"))
        self.assertEqual(sum(len(read_part(self.out("c"), part)[1]) for part in PARTS), 10)

    def test_unreadable_fonts_are_named_and_skipped(self):
        self.copy_fonts()
        run(self.fonts, "--output", self.out("good"))
        (self.fonts / "bad.ttf").write_bytes(b"this is no font")
        (self.fonts / "empty.otf").touch()
        whole = installed_fonts()[0].read_bytes()
        (self.fonts / "short.ttf").write_bytes(whole[: len(whole) // 50])
        result = run(self.fonts, "--output", self.out("mixed"))
        self.assertEqual(result.returncode, 0, result.stderr)
        lines = result.stderr.splitlines()
        for name in ("bad.ttf", "empty.otf"):
            self.assertEqual(sum(line.startswith(f"etch: {name}: ") for line in lines), 1)
        self.assertTrue(result.stdout.startswith(f"{len(lines)} fonts unreadable"), result.stdout)
        self.assertEqual(contents(self.out("good")), contents(self.out("mixed")))

    def test_a_listed_font_that_is_missing_is_named(self):
        self.copy_fonts()
        name = next(self.fonts.iterdir()).name
        (self.root / "list.txt").write_text(f"0 {name}\n0 gone/away.ttf\n9 {name}\n")
        result = run(self.fonts, "--fonts", self.root / "list.txt")
        self.assertEqual(len(result.stderr.splitlines()), 2)
        self.assertIn("etch: gone/away.ttf: ", result.stderr)

    def test_a_bad_list_exits_1(self):
        for line in ("no index", "0", "-1 a.ttf", "0 "):
            (self.root / "list.txt").write_text(f"0 a.ttf\n{line}\n")
            result = run(self.fonts, "--fonts", self.root / "list.txt")
            self.assert_fails(result, 1, "list.txt, line 2: ")

    def test_faces_is_a_limit(self):
        self.copy_fonts()
        result = run(self.fonts, "--faces", "10", "--output", self.out())
        self.assertEqual(result.returncode, 0, result.stderr)
        for part, most in zip(PARTS, (8, 1, 1)):
            self.assertLessEqual(len(read_part(self.out(), part)[1]), 10 * most)

    def distinct_fonts(self):
        self.copy_fonts()
        run(self.fonts, "--list", self.root / "list.txt")
        lines = (self.root / "list.txt").read_text().splitlines()
        return [(self.fonts / line.split(" ", 1)[1]).read_bytes() for line in lines]

    def write_families(self, fonts, count):
        """Each font under `count` names; a list, because a folder would be rid of duplicates."""
        lines = ""
        for number in range(count):
            for i, font in enumerate(fonts):
                path = f"{number:02}-{i}.ttf"
                family = "Q" + chr(65 + number // 26) + chr(65 + number % 26) + "Q"
                (self.fonts / path).write_bytes(renamed(font, family))
                lines += f"0 {path}\n"
        (self.root / "list.txt").write_text(lines)

    def test_families_fill_the_parts(self):
        self.write_families(self.distinct_fonts()[:1], 60)
        run(self.fonts, "--fonts", self.root / "list.txt", "--output", self.out("all"))
        counts = [len(read_part(self.out("all"), part)[1]) // 10 for part in PARTS]
        self.assertEqual(sum(counts), 60)
        self.assertGreater(min(counts), 1)
        self.assertGreater(counts[0], 35)
        run(self.fonts, "--fonts", self.root / "list.txt", "--faces", "20", "--output", self.out())
        counts = [len(read_part(self.out(), part)[1]) // 10 for part in PARTS]
        self.assertEqual(counts, [16, 2, 2])

    def test_a_family_stays_in_one_part(self):
        self.write_families(self.distinct_fonts()[:3], 40)
        run(self.fonts, "--fonts", self.root / "list.txt", "--output", self.out())
        for part in PARTS:
            samples = list(zip(*read_part(self.out(), part)))
            # Not I, which is a white square in more than one face.
            times = {samples.count(sample) for sample in samples if sample[1] != 8}
            self.assertEqual(len(times), 1, "a face is in a part oftener than another")

    def test_wrong_glyphs_are_dropped(self):
        fonts = self.distinct_fonts()[:5]
        wrong = next(filter(None, map(shifted, fonts)), None)
        if wrong is None or len(fonts) < 3:
            self.skipTest("needs three fonts and one with a plain map of characters")
        shutil.rmtree(self.fonts)
        self.fonts.mkdir()
        for number, font in enumerate(fonts):
            (self.fonts / f"{number}.ttf").write_bytes(renamed(font, f"QQ{number}Q"))
        (self.fonts / "wrong.ttf").write_bytes(renamed(wrong, "QQQQ"))
        run(self.fonts, "--list", self.root / "list.txt")
        listed = (self.root / "list.txt").read_text().split()[1::2]
        self.assertEqual(listed, [f"{number}.ttf" for number in range(len(fonts))])

    def families_by_part(self):
        """A list for --fonts with one family of one font in each part."""
        self.write_families(self.distinct_fonts()[:1], 60)
        lines = {}
        for line in (self.root / "list.txt").read_text().splitlines():
            (self.root / "one.txt").write_text(line + "\n")
            run(self.fonts, "--fonts", self.root / "one.txt", "--output", self.out("one"))
            part = next(part for part in PARTS if read_part(self.out("one"), part)[1])
            lines.setdefault(part, line + "\n")
            if len(lines) == len(PARTS):
                return lines
        self.fail("60 families leave a part empty")

    def vary_listed(self, pictures):
        fonts = (self.fonts, "--fonts", self.root / "list.txt")
        return run(*fonts, "--pictures", str(pictures), "--output", self.out())

    def test_variants_make_as_many_pictures_as_wanted(self):
        self.copy_fonts()
        lines = self.families_by_part()
        (self.root / "list.txt").write_text("".join(lines.values()))
        run(self.fonts, "--fonts", self.root / "list.txt", "--output", self.out("plain"))
        result = self.vary_listed(400)
        self.assertEqual(result.returncode, 0, result.stderr)
        for part in PARTS:
            pictures, labels = read_part(self.out(), part)
            self.assertEqual([labels.count(letter) for letter in range(10)], [40] * 10, part)
            samples = list(zip(pictures, labels))
            plain = set(zip(*read_part(self.out("plain"), part)))
            self.assertLess(plain, set(samples), "the faces themselves are not among the pictures")
            # Variants differ, except that an I may be a white square again and again.
            self.assertGreater(len({s for s in samples if s[1] != 8}), 0.97 * 360)
            # And they are letters: ink, but not everywhere, and the box still fills the picture.
            ink = [sum(p) / 784 for p, label in samples if label != 8]
            self.assertGreater(min(ink), 11)
            self.assertLess(max(ink), 227)
            full = [p for p in pictures if any(p[:28]) and any(p[-28:]) and any(p[::28])]
            self.assertGreater(len(full), 0.9 * len(pictures))

    def test_a_face_and_its_variants_stay_in_one_part(self):
        self.copy_fonts()
        lines = self.families_by_part()
        for part in PARTS[1:]:
            (self.root / "list.txt").write_text(2 * lines["train"] + lines[part])
            self.vary_listed(180)
            counts = {part: len(read_part(self.out(), part)[1]) for part in PARTS}
            self.assertEqual(counts, {"train": 180, "validation": 0, "test": 0} | {part: 90})

    def test_variants_need_a_face_to_train_on(self):
        self.copy_fonts()
        (self.root / "list.txt").write_text(self.families_by_part()["test"])
        result = self.vary_listed(90)
        self.assert_fails(result, 1, "etch: --pictures: ")
        self.assertFalse(self.out().exists())

    def test_same_fonts_give_same_variants(self):
        other = self.root / "other"
        other.mkdir()
        self.copy_fonts()
        self.copy_fonts(to=other, reverse=True)
        for folder, out in ((self.fonts, "a"), (other, "b")):
            result = run(folder, "--pictures", "500", "--output", self.out(out))
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(contents(self.out("a")), contents(self.out("b")))

    def test_more_pictures_keep_those_of_fewer(self):
        self.copy_fonts()
        sets = []
        for count in (300, 600):
            run(self.fonts, "--pictures", str(count), "--output", self.out())
            sets.append(set(zip(*read_part(self.out(), "train"))))
            self.assertEqual(len(read_part(self.out(), "train")[1]), count)
        self.assertLess(sets[0], sets[1])

    def test_sheet_is_a_grey_png(self):
        self.copy_fonts()
        run(self.fonts, "--sheet", self.out("sheet.png"))
        png = self.out("sheet.png").read_bytes()
        self.assertEqual(png[:16], b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR")
        width, height, depth, colour = struct.unpack(">IIBB", png[16:26])
        self.assertEqual((width, height % 30, depth, colour), (4 * 308, 0, 8, 0))

    def test_a_file_is_replaced_not_overwritten(self):
        self.copy_fonts()
        run(self.fonts, "--output", self.out())
        before = contents(self.out())
        for name in before:
            os.link(self.out() / name, self.root / name)
        first = self.distinct_fonts()[0]
        shutil.rmtree(self.fonts)
        self.fonts.mkdir()
        (self.fonts / "first.ttf").write_bytes(first)
        run(self.fonts, "--output", self.out())
        for name in before:
            self.assertEqual((self.root / name).read_bytes(), before[name])
        self.assertNotEqual(contents(self.out()), before)

    def test_nothing_half_written(self):
        self.copy_fonts()
        blocked = self.root / "file"
        blocked.touch()
        result = run(self.fonts, "--output", blocked / "out")
        self.assert_fails(result, 1, "etch: ", str(blocked))
        for part in PARTS:  # whichever the faces are in
            folder = self.out() / f"{part}-labels-idx1-ubyte.gz" / "full"
            folder.mkdir(parents=True)
        self.assert_fails(run(self.fonts, "--output", self.out()), 1, "-labels-idx1-ubyte.gz: ")
        self.assertEqual([p for p in self.out().iterdir() if p.suffix != ".gz"], [])


if __name__ == "__main__":
    if not installed_fonts():
        print(f"skipped: no fonts in {FONTS}")
        sys.exit(77)
    unittest.main(argv=sys.argv[:1])
