"""How much one command in a jail may use."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Limits(BaseModel):
    """Bounds of one run. What goes over them is stopped; the host does not notice."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wall_s: float = Field(default=20, gt=0)
    """Seconds on the clock until every process of the jail is killed."""
    cpu_s: int = Field(default=10, gt=0)
    """Seconds of processor time for each process."""
    memory_mb: int = Field(default=1024, gt=0)
    """Address space of each process, and resident memory of all of them together, in MiB."""
    processes: int = Field(default=64, gt=0)
    """Processes and threads at once."""
    file_mb: int = Field(default=16, gt=0)
    """Size of one file, in MiB."""
    disk_mb: int = Field(default=64, gt=0)
    """Space in /home and, again, in /tmp, in MiB. Set when a jail starts."""
    output_bytes: int = Field(default=256 * 1024, gt=0)
    """Bytes kept of the standard output and, again, of the standard error."""
