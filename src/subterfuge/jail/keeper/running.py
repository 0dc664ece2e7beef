"""Runs one command to its end, within its limits, and leaves no process behind."""

# ruff: noqa: PTH123, PTH208
# pathlib takes 10 ms to import
from __future__ import annotations

import _signal as signal  # type: ignore[import-not-found,unused-ignore]  # without the cost of enum
import os
import resource
import select
import time

STATE = 9
"""The descriptor on which a shell says in what state it leaves."""
INODES = 60_000
DRAIN = 32 * 2**20  # bytes of output that are thrown away before their writer is killed
TICK = 0.1
_CHUNK = 65536


class Command:
    """One running command: its pipes, its clock and what it said."""

    def __init__(self, fields: list[bytes]) -> None:
        wall, self.cpu, self.memory, self.processes, self.file_size, self.cap = map(int, fields[1:7])
        self.cwd, self.rest, count = fields[7], memoryview(fields[8]), int(fields[9])
        self.argv, pairs = fields[10 : 10 + count], fields[10 + count :]
        self.env = dict(zip(pairs[::2], pairs[1::2], strict=True))
        self.deadline = time.monotonic() + wall / 1000
        self.status: int | None = None
        self.verdict = b""
        pipes = [os.pipe() for _ in range(4)]  # standard input, output and error, state
        theirs = [pipes[0][0], *(pipe[1] for pipe in pipes[1:])]
        self.input, self.outputs = pipes[0][1], [pipe[0] for pipe in pipes[1:]]
        self.kept: dict[int, list[bytes]] = {descriptor: [] for descriptor in self.outputs}
        self.sizes = dict.fromkeys(self.outputs, 0)
        self.pid = os.fork()
        if self.pid == 0:
            self._become(theirs)
        for descriptor in theirs:
            os.close(descriptor)
        for descriptor in (self.input, *self.outputs):
            os.set_blocking(descriptor, False)
        self.ended = os.pidfd_open(self.pid)

    def _become(self, descriptors: list[int]) -> None:
        """In the child: become the command. Never returns."""
        code, message = 126, "cannot be run"
        try:
            os.setsid()
            for at, descriptor in enumerate(descriptors[:3]):
                os.dup2(descriptor, at)
            os.dup2(descriptors[3], STATE)
            os.set_inheritable(STATE, True)  # a copy onto itself would not be
            os.closerange(3, STATE)
            os.closerange(STATE + 1, 1024)
            for number in (signal.SIGPIPE, signal.SIGXFSZ):
                signal.signal(number, signal.SIG_DFL)
            for what, limit in (
                (resource.RLIMIT_CORE, 0),
                (resource.RLIMIT_CPU, self.cpu),
                (resource.RLIMIT_AS, self.memory),
                (resource.RLIMIT_FSIZE, self.file_size),
                (resource.RLIMIT_NOFILE, 256),
                (resource.RLIMIT_MEMLOCK, 0),
                (resource.RLIMIT_MSGQUEUE, 0),
                (resource.RLIMIT_NPROC, self.processes + 1),  # the keeper counts as one
            ):
                resource.setrlimit(what, (limit, limit))
            try:
                os.chdir(self.cwd)
            except OSError as error:
                os.write(2, self.cwd + b": " + os.strerror(error.errno or 0).encode() + b"\n")
                os._exit(1)
            os.execvpe(self.argv[0], self.argv, self.env)  # noqa: S606
        except FileNotFoundError:
            code, message = 127, "command not found"
        except OSError as error:
            message = os.strerror(error.errno or 0)
        finally:
            os.write(2, self.argv[0] + b": " + message.encode() + b"\n")
            os._exit(code)

    def wait(self) -> None:
        """Serve the pipes until the command ends, its time is over, or it takes too much."""
        poll = select.poll()
        for descriptor in (*self.outputs, self.ended):
            poll.register(descriptor, select.POLLIN)
        poll.register(0, 0)  # tells when the host is gone
        poll.register(self.input, select.POLLOUT)
        look = time.monotonic() + TICK
        while self.status is None and not self.verdict:
            now = time.monotonic()
            if now >= self.deadline:
                self.verdict = b"timeout"
                return
            if now >= look:
                look = now + TICK
                self.reap()
                self.verdict = b"greedy" if greedy(self.memory) else b""
            for descriptor, _ in poll.poll(max(1, 1000 * (min(self.deadline, look) - now))):
                if descriptor == 0:
                    os._exit(0)
                elif descriptor == self.ended:
                    self.reap()
                elif descriptor == self.input:
                    if not self._feed():
                        poll.unregister(descriptor)
                        os.close(descriptor)
                        self.input = -1
                elif not self._drain(descriptor):
                    poll.unregister(descriptor)
            if sum(self.sizes.values()) > DRAIN:
                self.verdict = b"greedy"

    def _feed(self) -> bool:
        try:
            self.rest = self.rest[os.write(self.input, self.rest[:_CHUNK]) :] if self.rest else self.rest
        except BlockingIOError:
            return True
        except OSError:  # nobody reads it
            return False
        return bool(self.rest)

    def _drain(self, descriptor: int) -> bool:
        """Take what there is to read, though not for ever; false at its end."""
        for _ in range(64):
            try:
                part = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                return True
            if not part:
                return False
            self.kept[descriptor].append(part[: max(self.cap - self.sizes[descriptor], 0)])
            self.sizes[descriptor] += len(part)
        return True

    def reap(self) -> None:
        """Bury the dead without waiting for any."""
        try:
            while (dead := os.waitpid(-1, os.WNOHANG))[0]:
                self._note(dead)
        except ChildProcessError:
            return

    def end(self) -> None:
        """Kill every process but this one, see them gone, and take what they had still said."""
        try:
            while True:
                try:  # noqa: SIM105  contextlib would have to be imported
                    os.kill(-1, signal.SIGKILL)
                except ProcessLookupError:
                    pass  # those that are dead still want to be buried
                self._note(os.waitpid(-1, 0))
        except ChildProcessError:
            pass
        for descriptor in self.outputs:
            self._drain(descriptor)
        for descriptor in (self.input, self.ended, *self.outputs):
            if descriptor >= 0:
                os.close(descriptor)

    def _note(self, dead: tuple[int, int]) -> None:
        if dead[0] == self.pid:
            self.status = dead[1]

    def answer(self) -> list[bytes]:
        """What the host is told."""
        killed = self.verdict or self.status is None
        code = -9 if killed else os.waitstatus_to_exitcode(self.status or 0)
        said = [b"".join(self.kept[descriptor]) for descriptor in self.outputs]
        cut = any(self.sizes[descriptor] > self.cap for descriptor in self.outputs[:2])
        return [
            b"ran",
            b"%d" % (128 - code if code < 0 else code),
            self.verdict,
            b"cut" if cut else b"",
            *said,
        ]


def greedy(memory: int) -> bool:
    """Whether the children together hold more memory than this, or more files than anybody needs."""
    resident, page = 0, resource.getpagesize()
    for name in os.listdir("/proc"):
        if name.isdigit() and name != "1":
            try:
                with open("/proc/" + name + "/statm", "rb") as statm:
                    _, total, shared, *_ = statm.read().split()
            except (OSError, ValueError):  # it has ended
                continue
            resident += (int(total) - int(shared)) * page
    disks = [os.statvfs(root) for root in ("/home", "/tmp")]  # noqa: S108
    return resident > memory or any(disk.f_files - disk.f_ffree > INODES for disk in disks)


def run(fields: list[bytes]) -> list[bytes]:
    """Run a command: limits, folder, input, words and variables are in the request."""
    command = Command(fields)
    try:
        command.wait()
    finally:
        command.end()
    return command.answer()
