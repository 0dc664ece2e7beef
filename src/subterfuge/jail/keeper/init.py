"""Where the keeper starts: gives up every right that it has, then does what the host asks, one by one."""

# ruff: noqa: PTH103, PTH116, PTH120, PTH123
# pathlib takes 10 ms to import
from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found,unused-ignore]  # without the cost of enum
import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subterfuge.jail.keeper import files, frames, running
else:
    sys.path.insert(0, os.path.dirname(__file__))
    import files
    import frames
    import running

DO = {
    b"run": running.run,
    b"write": files.write,
    b"read": files.read,
    b"snapshot": files.snapshot,
}


def settle(uid: int) -> None:
    """Become what the jail needs: without rights, first to die of hunger, closed to our children.

    Args:
        uid: Whom to become; 0 to stay who we are.
    """
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("1000")
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # process 1 ignores what it has no handler for
    if uid and os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    if _open_to_children():
        import ctypes  # noqa: PLC0415  rarely needed, and slow

        ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)  # PR_SET_DUMPABLE
        if _open_to_children():
            raise SystemExit("the keeper cannot close itself to its children")
    os.umask(0o022)
    os.makedirs(files.HOME, exist_ok=True)


def _open_to_children() -> bool:
    return os.stat("/proc/self/fd").st_uid == os.getuid()


def main() -> None:
    """Serve until the host is gone."""
    settle(int(sys.argv[1]))
    frames.send([b"ready"])
    while True:
        fields = frames.receive()
        try:
            answer = DO[fields[0]](fields)
        except OSError as error:
            answer = [b"error", b"%d" % (error.errno or errno.EIO), (error.strerror or "error").encode()]
        frames.send(answer)


if __name__ == "__main__":
    main()
