#!/usr/bin/env bash
# Persuasion end to end on a laptop: the embedded model writes arguments by all four strategies, plays the raters of
# all arms, and the report says what such raters are worth. About twenty minutes on two cores; stopped or
# killed, the same command goes on where it was.
#
#   runs/persuasion_cpu.sh [FOLDER]            the first 12 topics, 10 facts, 4 raters
#   runs/persuasion_cpu.sh --quick [FOLDER]    the first 3 topics, 3 facts, 2 raters; under five minutes
set -euo pipefail
cd "$(dirname "$0")/.."
make install

topics=12 facts=10 raters=4
if [ "${1:-}" = --quick ]; then
    topics=3 facts=3 raters=2
    shift
fi
out=${1:-persuasion}

# Without the adapter that binds letters to options: it was trained on menus, and this is prose. At temperature 1 a
# model of this size writes words without sense, at 0.7 sentences. Batches of
# 24, and large blocks of memory that go back to the system when they are done with, keep it under 3 GB.
export MALLOC_ARENA_MAX=2 MALLOC_MMAP_THRESHOLD_=4194304 MALLOC_TRIM_THRESHOLD_=268435456
model=(subterfuge/smollm2-135m -M adapter=none -M batch_size=24 --out "$out" --at-once 56)
.venv/bin/subterfuge persuade argue --model "${model[@]}" --topics $topics --facts $facts --temperature 0.7
.venv/bin/subterfuge persuade rate --rater "${model[@]}" --raters $raters
.venv/bin/subterfuge persuade analyse --out "$out"
