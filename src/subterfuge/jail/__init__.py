"""Run code that nobody vouches for on some files: without network, host files, or a way out."""

from subterfuge.jail.errors import JailLost, JailUnavailable
from subterfuge.jail.limits import Limits
from subterfuge.jail.live import HOME, ROOTS, Jail, Ran, run
from subterfuge.jail.ready import ready
from subterfuge.jail.tree import Directory, File, Link, Node, Tree, Unreadable, changed, tree

__all__ = [
    "HOME",
    "ROOTS",
    "Directory",
    "File",
    "Jail",
    "JailLost",
    "JailUnavailable",
    "Limits",
    "Link",
    "Node",
    "Ran",
    "Tree",
    "Unreadable",
    "changed",
    "ready",
    "run",
    "tree",
]
