#!/usr/bin/env bash
# Holds the sandbox's webhooks against GitHub's published example payloads, then tries the real
# binary on those and against a GitHub that somebody else wrote (the npm package `emulate`). Needs Node.js 20 and the npm registry; without them
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
echo "emulator: the sandbox's webhooks against the published examples"
BATON_WEBHOOK_EXAMPLES="$work/node_modules/@octokit/webhooks-examples/api.github.com/index.json" \
    cargo test --quiet --lib webhooks_carry_what_the_published_examples_carry -- --ignored
BATON="$PWD/target/debug/baton" MODEL_BOX="$PWD/target/debug/examples/model_box" \
    node "$work/replay.mjs"
