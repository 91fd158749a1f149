"""Two translation units that include every header, the umbrella twice, and use etch: they compile
without a warning, link and agree. Without the headers of bench/: the library that they need is
optional."""

import pathlib
import subprocess
import sys
import tempfile

import compilers

UNIT = """
#include <cstdio>

using namespace etch;
using Net = Network<Input<8, 8, 1>, Conv2D<4, 3>, ReLU, MaxPool2D<2>, Dropout<>, Dense<3>>;

float learn_NAME() {
  std::vector<float> values(16 * 64, 0.5f);
  std::vector<std::uint8_t> labels(16, 2);
  const Minibatch samples{Pictures(values, 64), labels};
  Model<Net> model;
  Trainer<Net, 16> trainer(model, {.learning_rate = 0.1f});
  for (int step = 0; step < 20; ++step) trainer.step(samples);
  return evaluate(model, samples).accuracy + model.predict(samples.pictures.slice(0, 1))[2];
}
"""

MAIN = """
float learn_other();
int main() {
  const float one = learn_one(), other = learn_other();
  std::printf("accuracy + probability: %g, %g\\n", double{one}, double{other});
  return one == other && one > 1.5f ? 0 : 1;
}
"""


def main():
    options = compilers.arguments(
        ("--include", {"type": pathlib.Path, "required": True}),
        ("--mode", {"choices": ["static", "portable"], "required": True}))
    headers = [header.relative_to(options.include).as_posix()
               for header in sorted((options.include / "etch").rglob("*.hpp"))
               if header.parent.name != "bench"]
    # etch.hpp first: in a portable build it is what includes the others.
    text = "".join(f'#include "{header}"\n' for header in ["etch/etch.hpp", *headers]) + UNIT
    compiler = compilers.own(options, options.mode)
    with tempfile.TemporaryDirectory() as folder:
        one, other, program = (pathlib.Path(folder) / f for f in ("one.cpp", "other.cpp", "units"))
        one.write_text(text.replace("NAME", "one") + MAIN)
        other.write_text(text.replace("NAME", "other"))
        built = compiler.run([*compiler.flags, "-O0", "-Werror", "-o", program, one, other])
        print(built.stdout)
        return built.returncode or subprocess.run([program]).returncode


if __name__ == "__main__":
    sys.exit(main())
