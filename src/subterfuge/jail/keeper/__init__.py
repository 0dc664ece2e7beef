"""The keeper: process 1 of a jail. It does what the host asks, and no child of it can stop it.

These modules are not imported here but run inside of a jail, where this package does not exist: they import
each other by plain names, and of the standard library as little as they can, since they start anew with every
jail and each import is time. The keeper never runs a model's code in its own process, never follows a link
while it gathers evidence, and needs no fork to read files, so that a fork bomb cannot stop the evidence. Its
children run under its uid; hence it is closed to them ("non-dumpable": no tracing, no opening of its
descriptors), and a system call filter takes away the rest. Signals from inside cannot kill process 1.
"""

MODULES = ("init", "frames", "running", "files")
"""The modules that a jail is given; it starts with the first."""
