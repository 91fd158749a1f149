#!/usr/bin/env bash
# Builds and runs the tests, after installing what is missing. Arguments go to `meson test`, for
# instance --suite laws. The last line is "N passed, N failed", and ", N skipped" if there are any.
set -euo pipefail

checkout=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$checkout/tools/install_packages.sh"

install_packages "${packages_to_test[@]}"
configure "$checkout"

# Meson's record has a line for each test; a build that fails leaves no record.
record=$checkout/build/meson-logs/testlog.json
rm -f "$record"
status=0
meson test -C "$checkout/build" --print-errorlogs "$@" </dev/null || status=$?
if [[ ! -s $record ]]; then
  echo "etch: test.sh: no test ran: the build failed, see above, or there is none to run" >&2
  exit 1
fi

count() { grep -cE "\"result\": \"($1)\"" "$record" || true; }
passed=$(count 'OK|EXPECTEDFAIL')
skipped=$(count SKIP)
failed=$(($(wc -l <"$record") - passed - skipped))
echo "$passed passed, $failed failed$([[ $skipped == 0 ]] || echo ", $skipped skipped")"
[[ $failed == 0 && $passed != 0 && $status == 0 ]]
