#!/usr/bin/env bash
# Builds a model and runs it, after installing what is missing: see ./run.sh --help.
set -euo pipefail

checkout=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
. "$checkout/tools/install_packages.sh"

model=${1-conv_strided} models=() known=no
for source in "$checkout"/examples/*/*.cpp; do
  models+=("$(basename "$source" .cpp)")
  [[ ${models[-1]} != "$model" ]] || known=yes
done

if [[ $model == --help || $model == -h ]]; then
  cat <<END
Usage: ./run.sh [MODEL [OPTIONS]]
Builds MODEL, or conv_strided, and runs it with OPTIONS, which ./run.sh MODEL --help lists.
Installs the Debian packages that are missing, as root or through sudo.
Models: ${models[*]}
END
  exit
elif [[ $known == no ]]; then
  echo "etch: run.sh: requires a model's name first, '$model' came; use one of ${models[*]}" >&2
  exit 2
fi

install_packages "${packages_to_run[@]}"
configure "$checkout"
meson compile -C "$checkout/build" "$model" </dev/null 2>&1 |
  { grep -vE --line-buffered '^(INFO: |ninja: (Entering|no work))' >&2 || true; }
# In the user's folder, which relative paths among OPTIONS are meant from.
exec "$checkout/build/examples/$model" "${@:2}"
