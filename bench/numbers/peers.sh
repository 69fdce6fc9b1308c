#!/bin/sh
# Puts the peers of this benchmark into bench/.peers; what cannot be had is left out and said.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p .peers && cd .peers || exit 1
python3 -m venv python && python/bin/pip install --quiet tracking-numbers || echo "tracking-numbers could not be installed"
if command -v npm >/dev/null; then
    [ -f package.json ] || echo '{"private": true}' >package.json
    npm install --silent ts-tracking-number || echo "ts-tracking-number could not be installed"
else
    echo "no npm here: ts-tracking-number is left out"
fi
