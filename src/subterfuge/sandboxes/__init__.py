"""The shells that an episode lives in, as Inspect sandbox providers, and the recorder of what happened there.

Inspect finds `bashkit` and `bwrap` by their plain names, once the two modules are imported. Docker and
Kubernetes are Inspect's own.
"""

from subterfuge.sandboxes.recorder import Recorder, Step

__all__ = ["Recorder", "Step"]
