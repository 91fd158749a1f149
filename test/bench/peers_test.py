"""bench_peers on conv_strided, all of it, in as few rounds as it can; the program is the argument.
It is skipped where none is given, which is where no peer is installed. No time is judged; that all
peers compute what etch does is bench_peers' own condition."""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

PROGRAM = sys.argv.pop(1) if len(sys.argv) > 1 else None
SKIPPED = 77  # as Meson understands it

# Who can do what.
CONV = {"onednn", "openblas", "eigen"}
DENSE = {*CONV, "xsmm"}
NETWORK = {"onednn", "dlib"}
BOTH = ["forward", "data_gradient"]
ALL = [*BOTH, "weight_gradient"]
EXPECTED = [("0_conv2d", ["forward", "weight_gradient"], CONV), ("1_relu", BOTH, {"onednn"}),
            ("2_conv2d", ALL, CONV), ("3_relu", BOTH, {"onednn"}), ("4_dense", ALL, DENSE),
            ("5_relu", BOTH, {"onednn"}), ("6_dense", ALL, DENSE),
            ("", ["step", "latency", "inference", "inference", "inference"], NETWORK)]


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True)


class Peers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.file = pathlib.Path(folder.name, "peers.json")

    def test_every_peer_agrees_and_is_timed(self):
        done = run("--filter", "conv_strided", "--rounds", "1", "--json", self.file)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        report = json.loads(self.file.read_text())
        present = {name for name, version in report["versions"].items() if version != "absent"}
        self.assertIn("etch", present)
        self.assertEqual({*report["versions"]}, {"etch", *DENSE, *NETWORK})

        found = [(row["layer"], row["pass"], {*row["seconds"]}) for row in report["rows"]]
        self.assertEqual(found, [(layer, each, {"etch"} | peers & present)
                                 for layer, passes, peers in EXPECTED for each in passes])
        timed = 0
        for row in report["rows"]:
            self.assertEqual(row["peak_gflops"] > 0, row["rounds"] > 0)
            self.assertEqual(row["model"], "conv_strided")
            self.assertGreater(row["rounds"] + row["rejected_rounds"], 0)
            seconds = [*row["seconds"].values(), *row.get("p99_seconds", {}).values()]
            if row["rounds"] == 0:  # none was quiet
                self.assertEqual({*seconds}, {None}, row)
                continue
            self.assertTrue(all(each > 0 for each in seconds), row)
            timed += 1
        lines = done.stdout.splitlines()
        for name, version in report["versions"].items():
            self.assertIn(f"{name} {version}", lines)
        times = [line for line in lines if line.startswith("conv_strided/")]
        self.assertEqual(len(times), len(report["rows"]))
        self.assertEqual(sum("no quiet round" not in line for line in times), timed)

    def test_a_filter_that_fits_nothing(self):
        done = run("--filter", "conv_sprinted", "--json", self.file)
        self.assertEqual(done.returncode, 1)
        self.assertIn("etch: --filter: requires a part of some measurement's name, conv_sprinted "
                      "came", done.stderr)
        self.assertFalse(self.file.exists())


if __name__ == "__main__":
    if PROGRAM is None:
        print("skipped: no library is installed that bench_peers compares with")
        sys.exit(SKIPPED)
    unittest.main(argv=sys.argv[:1])
