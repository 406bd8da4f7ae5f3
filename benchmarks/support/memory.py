"""The memory of a process at its peak, which Linux notes for every process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass
class Growth:
    """`peak`: bytes of resident memory at its peak, beyond those at the start. Known at the end of the block."""

    peak: int = 0


@contextmanager
def growth(pid: int | None = None) -> Iterator[Growth]:
    """Note by how much the memory of a process of this user grows within the block; of this one without `pid`.

    Memory that the process has already and only uses again is not in it.
    """
    process = Path("/proc") / ("self" if pid is None else str(pid))
    (process / "clear_refs").write_text("5")  # the peak is that from now on
    found = Growth()
    before = _bytes(process, "VmRSS")
    yield found
    found.peak = max(_bytes(process, "VmHWM") - before, 0)


def _bytes(process: Path, name: str) -> int:
    lines = (process / "status").read_text(encoding="ascii").splitlines()
    (line,) = (line for line in lines if line.startswith(f"{name}:"))
    return int(line.split()[1]) * 1024
