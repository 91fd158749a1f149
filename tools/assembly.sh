#!/usr/bin/env bash
# Shows the machine code of one pass of one layer, in a model's program as it was built, which it
# builds first where that is missing: tools/assembly.sh [--build DIR] MODEL LAYER PASS
set -euo pipefail

exec python3 "$(dirname "$(realpath "${BASH_SOURCE[0]}")")/assembly.py" "$@"
