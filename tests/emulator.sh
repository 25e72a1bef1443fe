#!/usr/bin/env bash
# Tries the real binary against a GitHub that somebody else wrote (the npm package `emulate`) and
# against GitHub's published example payloads. Needs Node.js 20 and the npm registry; without them
# it says so and ends well, because nothing of the product depends on it.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo "emulator: skipped, there is no Node.js here"
    exit 0
fi
cargo build --quiet --bin baton --example model_box
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp tests/emulator/package.json tests/emulator/replay.mjs "$work/"
if ! (cd "$work" && npm install --silent --no-audit --no-fund --no-package-lock); then
    echo "emulator: skipped, the npm registry does not answer"
    exit 0
fi
BATON="$PWD/target/debug/baton" MODEL_BOX="$PWD/target/debug/examples/model_box" \
    node "$work/replay.mjs"
