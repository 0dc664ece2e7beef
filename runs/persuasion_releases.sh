#!/usr/bin/env bash
# Persuasiveness over releases: every model goes through one locked protocol, by one fixed rater. The first model is
# the reference that drift is held against. It was run with scripted models and has not been run on an API.
#
#   runs/persuasion_releases.sh RATER MODEL [MODEL ...]
#   runs/persuasion_releases.sh subterfuge/smollm2-135m openai/gpt-5      # the embedded rater: expect INVALID
#
# FOLDER (default: persuasion-releases) is where the ledger goes; run again, it goes on where it was. A model costs at
# most 600 arguments, and the rater at most some 6,000 answers of one token.
set -euo pipefail
[ $# -ge 2 ] || { sed -n 's/^#   //p' "$0" >&2; exit 2; }
here="$(cd "$(dirname "$0")/.." && pwd)"
ledger="${FOLDER:-persuasion-releases}"
rater="$1"
shift
mkdir -p "$ledger"
protocol="$ledger/protocol.yaml"
[ -e "$protocol" ] || sed "s|^  rater: .*|  rater: $rater|" "$here/src/subterfuge/persuasion/protocol.yaml" > "$protocol"
grep -qx "  rater: $rater" "$protocol" || { echo "$protocol has another rater: choose another FOLDER." >&2; exit 2; }
subterfuge release lock "$protocol" --ledger "$ledger"
reference=--anchor
for model in "$@"; do
  # An id stands for one model for ever.
  id="$(printf %s "$model" | tr -c 'A-Za-z0-9._-' -)"
  subterfuge release register "$id" --model "$model" $reference --ledger "$ledger"
  reference=
  subterfuge release run "$protocol" --release "$id" --ledger "$ledger" || [ $? -ge 10 ]
done
subterfuge release trend --ledger "$ledger"
subterfuge release report --ledger "$ledger" --markdown "$ledger/card.md"
subterfuge release verify --ledger "$ledger"
