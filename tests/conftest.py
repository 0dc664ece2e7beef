"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is no failure: whole tests have a limit, single examples need none.
settings.register_profile("subterfuge", deadline=None)
settings.load_profile("subterfuge")
