#!/bin/sh
# Puts the peers of this benchmark into bench/.peers/forecast; what cannot be had is left out and said.
set -u
cd "$(dirname "$0")/.." || exit 1
mkdir -p .peers
python3 -m venv .peers/forecast || exit 1
.peers/forecast/bin/pip install --quiet numpy msgspec || exit 1
for peer in lightgbm scikit-learn lifelines; do
    .peers/forecast/bin/pip install --quiet "$peer" || echo "$peer could not be installed"
done
