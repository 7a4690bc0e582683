# A program of the laboratory's Debian root (src/node/guest/root.ts): `run.sh prepare NAME`, `run.sh work NAME COUNT`.
#
# NAME.sh defines `work COUNT`, whose output is the same wherever it runs: no time, process or random number is in it; and may define `prepare`, for what is not to be
# measured. Each has a folder of its own, where both run. Anything that fails ends it with a status.
set -euo pipefail
real=${0%/*} input=${0%/*}/input
# What Debian's python3 has compiled when it is installed is compiled here by `prepare`.
export PATH=/usr/bin LC_ALL=C TZ=UTC HOME=/tmp/$2 PYTHONHASHSEED=0 PYTHONPYCACHEPREFIX=/tmp/pycache
mkdir -p "$HOME"
cd "$HOME"
[ "$1" = prepare ] || [ -e .prepare ] # what it was to find is not there
prepare() { :; }
. "$real/$2.sh"
"$1" "${3-}"
: >".$1"
