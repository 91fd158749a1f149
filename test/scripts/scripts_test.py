"""run.sh and test.sh, copied into a small project that has etch's shape: scripts_test.py CHECKOUT.

dpkg-query, apt-get, sudo and id are stand-ins, so that nothing is installed or asked.
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

CHECKOUT = pathlib.Path(sys.argv.pop(1))

PROJECT = {
    'meson.build': '''
project('small', 'cpp')
add_project_arguments('-DHERE="@0@"'.format(meson.project_source_root()), language: 'cpp')
subdir('examples')
foreach name : ['A', 'B']
  test(name, find_program('sh'), args: ['-c', 'exit $' + name], depends: programs)
endforeach
''',
    'examples/meson.build': '''
programs = []
foreach source : ['1_a/conv_strided', '2_b/other']
  programs += executable(source.split('/')[1], source + '.cpp')
endforeach
''',
    # Prints where it was built, where it runs and with what, and ends in 7.
    'examples/1_a/conv_strided.cpp': '''
#include <stdio.h>
#include <unistd.h>
int main(int argc, char** argv) {
  char folder[4096];
  puts(HERE);
  puts(getcwd(folder, sizeof folder));
  for (int i = 1; i < argc; ++i) puts(argv[i]);
  return 7;
}
''',
    'examples/2_b/other.cpp': 'int main() {}',
}

STAND_INS = {
    'id': 'echo "$USER_ID"',
    'dpkg-query': 'for name; do case " -W -f $MISSING " in *" $name "*) ;; '
                  '*) echo "$name installed" ;; esac; done; [ -z "$MISSING" ]',
    'apt-get': 'echo "apt-get $*" >>"$LOG"',
    'sudo': 'echo "sudo" >>"$LOG"; [ "$1" = --non-interactive ] && shift; '
            '[ -n "$SUDO_WORKS" ] && exec "$@"',
}


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.checkout = self.folder / 'a check  out'
        for name in ['run.sh', 'test.sh', 'tools/install_packages.sh']:
            (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, self.checkout / name)
        for name, text in PROJECT.items():
            write(self.checkout / name, text)
        for name, text in STAND_INS.items():
            write(self.folder / 'bin' / name, '#!/bin/sh\n' + text + '\n')
            (self.folder / 'bin' / name).chmod(0o755)
        self.log = self.folder / 'log'

    def call(self, *command, cwd=None, **variables):
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        plain = {'PATH': path, 'LOG': str(self.log), 'USER_ID': '0', 'MISSING': '',
                 'SUDO_WORKS': '', 'A': '0', 'B': '0'}
        return subprocess.run(command, cwd=cwd or self.checkout,
                              env={**os.environ, **plain, **variables}, stdin=subprocess.DEVNULL,
                              text=True, capture_output=True, timeout=60)

    def test_a_program_runs_where_the_user_is(self):
        user = self.folder / 'user'
        user.mkdir()
        (self.folder / 'link').symlink_to(self.checkout / 'run.sh')
        run = self.call('../link', 'conv_strided', '--data', 'my letters', '', cwd=user)
        lines = [str(self.checkout), str(user), '--data', 'my letters', '']
        self.assertEqual(run.stdout.splitlines(), lines, run.stderr)
        self.assertEqual(run.returncode, 7)
        self.assertFalse((self.checkout / 'build/examples/other').exists(), 'only what is needed')

        again = self.call('./run.sh')
        self.assertEqual((again.returncode, again.stderr), (7, ''), 'quiet when all is there')

    def test_a_build_folder_that_is_stale_or_half_done(self):
        (self.checkout / 'build/meson-private').mkdir(parents=True)
        self.assertEqual(self.call('./run.sh').returncode, 7)
        self.checkout = self.checkout.rename(self.folder / 'moved')
        self.assertEqual(self.call('./run.sh').stdout.splitlines()[0], str(self.checkout))
        for name in ['configured_for', 'build.ninja', 'meson-private/build.dat']:
            (self.checkout / 'build' / name).unlink()  # as if stopped half-way
        (self.checkout / 'build/meson-private/coredata.dat').write_text('half')
        self.assertEqual(self.call('./run.sh').returncode, 7)

    def test_wrong_and_asked_for(self):
        for name in ['', 'other2', 'conv_strided other', '../1_a/conv_strided', '--steps']:
            run = self.call('./run.sh', name)
            self.assertEqual((run.returncode, run.stdout), (2, ''))
            self.assertIn(f"'{name}' came; use one of conv_strided other\n", run.stderr)
        run = self.call('./run.sh', '--help')
        self.assertEqual((run.returncode, run.stderr), (0, ''))
        self.assertIn('Models: conv_strided other', run.stdout)
        self.assertFalse((self.checkout / 'build').exists())

    def test_counts(self):
        for results, line, good in [('00', '2 passed, 0 failed', True),
                                    ('01', '1 passed, 1 failed', False),
                                    ('10', '1 passed, 1 failed', False),
                                    ('07', '1 passed, 0 failed, 1 skipped', True),
                                    ('77', '0 passed, 0 failed, 2 skipped', False)]:
            a, b = (result.replace('7', '77') for result in results)
            run = self.call('./test.sh', A=a, B=b)
            self.assertEqual((run.stdout.splitlines()[-1], run.returncode == 0), (line, good), run)

        write(self.checkout / 'examples/2_b/other.cpp', 'int main() { nonsense }')
        for command in ['./test.sh'], ['./test.sh', '--suite', 'none']:
            run = self.call(*command)
            self.assertNotEqual(run.returncode, 0)
            self.assertNotRegex(run.stdout, r'\d+ passed')
            self.assertRegex(run.stderr, 'etch: test.sh: no test ran: .*\n$')

    def test_packages(self):
        some = {'MISSING': 'g++ meson'}
        update, install = 'update', 'install --yes --no-install-recommends g++ meson'
        options = 'apt-get -qq -o DPkg::Lock::Timeout=60 '

        self.assertEqual(self.call('./run.sh', **some).returncode, 7)
        self.assertEqual(self.log.read_text(), f'{options}{update}\n{options}{install}\n')

        self.log.unlink()
        self.assertEqual(self.call('./run.sh', **some, USER_ID='1', SUDO_WORKS='yes').returncode, 7)
        log = f'sudo\n{options}{update}\nsudo\n{options}{install}\n'
        self.assertEqual(self.log.read_text(), log)

        self.log.unlink()
        run = self.call('./run.sh', **some, USER_ID='1')
        self.assertEqual((run.returncode, run.stdout, self.log.read_text()), (1, '', 'sudo\n'))
        self.assertTrue(run.stderr.startswith('etch: set-up: installing'), run.stderr)
        self.assertTrue(run.stderr.endswith(f'as root: apt-get update && apt-get {install}\n'))


if __name__ == '__main__':
    unittest.main()
