"""Releases: verdicts on model releases whose error rates hold at any stopping time, on any Inspect task.

    from subterfuge.releases import Ledger, describe, lock, load, made, register, run, verify

    protocol = load("protocol.yaml")
    with Ledger.open("releases", create=True) as ledger:
        lock(ledger, protocol)
        register(ledger, describe("gpt-5.1", made("openai/gpt-5.1", {})))
        for verdict in run(ledger, protocol, "gpt-5.1"):
            print(verdict.test.key, verdict.decision, verdict.low, verdict.high)
    assert verify("releases").passed

`compare` and `trend` look over releases, and `build` writes the report.
"""

from subterfuge.releases.errors import ReleaseError
from subterfuge.releases.event import Event
from subterfuge.releases.ledger import Ledger, read
from subterfuge.releases.locks import lock
from subterfuge.releases.protocol import Control, Hypothesis, Protocol, load, parse
from subterfuge.releases.registry import describe, register
from subterfuge.releases.runner import made, run
from subterfuge.releases.verdict import Verdict
from subterfuge.releases.verify import verify

__all__ = [
    "Control",
    "Event",
    "Hypothesis",
    "Ledger",
    "Protocol",
    "ReleaseError",
    "Verdict",
    "describe",
    "load",
    "lock",
    "made",
    "parse",
    "read",
    "register",
    "run",
    "verify",
]
