#!/usr/bin/env bash
# A cast around an expression changes the width in which it is computed, if a literal comes first.
#
# Expected (AssemblyScript's documentation of types: `as` converts a value; i32 arithmetic wraps around at 32 bits): `(0 - x) as i64` of an i32 is the i32 difference,
# then sign-extended, as `(x - 0) as i64` and `-x as i64` are. For the least i32 that is -2147483648, which is its own negative.
# Seen (assemblyscript 0.28.20): the literal takes the type that the cast wants, x is converted to it, and the difference is one of 64 bits: 2147483648. No
# warning, with or without --pedantic. With a variable in the literal's place it is as expected.

set -euo pipefail
VERSION=0.28.20

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-save --prefix . "assemblyscript@$VERSION" >/dev/null
cat >index.ts <<'TS'
export function literal(x: i32): i64 { return (0 - x) as i64; }
export function variable(x: i32): i64 { const zero: i32 = 0; return (zero - x) as i64; }
export function minus(x: i32): i64 { return -x as i64; }
TS
node node_modules/assemblyscript/bin/asc.js index.ts --runtime stub --pedantic -o index.wasm 2>&1 | tee asc.log
[[ ! -s asc.log ]] || { echo 'CHANGED: asc has something to say' >&2; exit 1; }
said=$(node -e "
const { literal, variable, minus } = new WebAssembly.Instance(new WebAssembly.Module(require('fs').readFileSync('index.wasm'))).exports;
const least = -2147483648;
console.log(String(literal(least)), String(variable(least)), String(minus(least)));
")
echo "assemblyscript $VERSION: (0 - x) as i64, (zero - x) as i64, -x as i64 of the least i32: $said"
[[ $said == '2147483648 -2147483648 -2147483648' ]] || { echo 'CHANGED' >&2; exit 1; }
