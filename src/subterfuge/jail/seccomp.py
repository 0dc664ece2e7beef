"""A system call filter for jails: what same-uid children could do to the keeper, or to the host's memory.

The children of a jail run under the keeper's uid. `prlimit` and the scheduling calls work across processes
of one uid, and memory files and shared memory segments are counted against no limit; ordinary programs do
well without any of these. A filter in the kernel's classic BPF, built here byte by byte.
"""

from __future__ import annotations

import errno
import platform
import struct

_LOAD, _EQUAL, _AT_LEAST, _BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000
_NEW_USER_NAMESPACE = 0x10000000

# name: (x86-64, arm64)
_FORBIDDEN = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "setpriority": (141, 140),
    "ioprio_set": (251, 30),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "userfaultfd": (323, 282),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "io_uring_setup": (425, 425),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "unshare": (272, 97),
    "setns": (308, 268),
}
_ONLY_OF_ITSELF = {  # the first argument is a process id, which must be 0
    "prlimit64": (302, 261),
    "sched_setaffinity": (203, 122),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}


def program() -> bytes | None:
    """The filter as the kernel reads it, or None on an architecture whose call numbers are not listed."""
    if platform.machine() not in _ARCHITECTURES:
        return None
    column, architecture = _ARCHITECTURES[platform.machine()]

    def step(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
        return struct.pack("HBBI", code, yes, no, value)

    def refuse(code: int) -> bytes:
        return step(_RETURN, _REFUSE | code)

    steps = [
        step(_LOAD, 4),
        step(_EQUAL, architecture, 1, 0),
        refuse(errno.ENOSYS),
        step(_LOAD, 0),
        step(_AT_LEAST, 0x40000000, 0, 1),
        refuse(errno.ENOSYS),
    ]
    for numbers in _FORBIDDEN.values():
        steps += [step(_EQUAL, numbers[column], 0, 1), refuse(errno.EPERM)]
    steps += [step(_EQUAL, _CLONE3[column], 0, 1), refuse(errno.ENOSYS)]  # libc falls back to clone
    for numbers in _ONLY_OF_ITSELF.values():
        steps += [
            step(_EQUAL, numbers[column], 0, 4),
            step(_LOAD, 16),
            step(_EQUAL, 0, 1, 0),
            refuse(errno.EPERM),
            step(_RETURN, _ALLOW),
        ]
    steps += [
        step(_EQUAL, _CLONE[column], 0, 3),
        step(_LOAD, 16),
        step(_BITS, _NEW_USER_NAMESPACE, 0, 1),
        refuse(errno.EPERM),
        step(_RETURN, _ALLOW),
    ]
    return b"".join(steps)
