# SPDX-License-Identifier: Apache-2.0
"""One thread of a process stands still while the others go on."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

# ptrace(2), linux/ptrace.h
SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000   # waitpid(2): threads, too

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, thread: int) -> None:
    if _libc.ptrace(request, thread, None, None) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace({request:#x}, {thread}): {os.strerror(error)}")


def threads_named(process: int, prefix: str) -> list[int]:
    found = []
    for task in Path(f"/proc/{process}/task").iterdir():
        if (task / "comm").read_text().startswith(prefix):
            found.append(int(task.name))
    return found


@contextmanager
def threads_stopped(*threads: int) -> Iterator[None]:
    """A process's own id is that of its main thread."""
    stopped: list[int] = []
    try:
        for thread in threads:
            _ptrace(SEIZE, thread)
            stopped.append(thread)
            _ptrace(INTERRUPT, thread)
            os.waitpid(thread, WALL)
        yield
    finally:
        for thread in stopped:
            _ptrace(DETACH, thread)
