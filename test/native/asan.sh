#!/bin/sh
# Builds the addon with AddressSanitizer and UndefinedBehaviorSanitizer into a folder of its own and runs all tests of
# test/native over that build. Needs the compiled tests (npm run build:ts). Skips, with the reason, where the compiler
# has no libasan or Node's headers are not installed. NODE_INCLUDE names the folder of node_api.h if it is somewhere else.
set -eu
cd "$(dirname "$0")/../.."

skip() {
  echo "skipped: $1"
  exit 0
}

cc=${CC:-cc}
command -v "$cc" >/dev/null || skip "no C compiler ($cc)"
libasan=$("$cc" -print-file-name=libasan.so)
[ -e "$libasan" ] || skip "$cc has no libasan.so"

include=${NODE_INCLUDE:-}
version=$(node -p 'process.versions.node')
for folder in "$(dirname "$(command -v node)")/../include/node" "${XDG_CACHE_HOME:-$HOME/.cache}/node-gyp/$version/include/node"; do
  if [ -z "$include" ] && [ -e "$folder/node_api.h" ]; then include=$folder; fi
done
[ -n "$include" ] || skip "node_api.h not found; set NODE_INCLUDE, or let node-gyp fetch the headers"

ls build/test/native/*.test.js >/dev/null 2>&1 || {
  echo "no compiled tests: run 'npm run build:ts' first" >&2
  exit 1
}

out=build/asan
mkdir -p "$out"
target='JSON.parse(require("node:fs").readFileSync("native/binding.gyp", "utf8")).targets[0]'
sources=$(node -p "$target.sources.map((s) => 'native/' + s).join(' ')")
defines=$(node -p "$target.defines.map((d) => '-D' + d).join(' ')")
cflags=$(node -p "$target.cflags.join(' ')")
# Lists of words without blanks: the splitting is wanted.
# shellcheck disable=SC2086
"$cc" $cflags $defines -DBUILDING_NODE_EXTENSION -g -O1 -fno-omit-frame-pointer \
  -fsanitize=address,undefined -fno-sanitize-recover=undefined \
  -fPIC -shared -I "$include" -o "$out/vipd.node" $sources
# A build that is not instrumented would pass everything.
grep -q __asan_report_ "$out/vipd.node" || {
  echo "$out/vipd.node is not instrumented" >&2
  exit 1
}

# Node itself never frees some things at exit, so leaks are not looked for; the tests count descriptors instead.
LD_PRELOAD=$libasan ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 VIPD_NATIVE=$PWD/$out/vipd.node \
  exec node --enable-source-maps --test build/test/native/*.test.js
