# SPDX-License-Identifier: Apache-2.0
"""One thread of a process stands still while the others go on."""

from __future__ import annotations

import ctypes
import os
from contextlib import contextmanager
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


@contextmanager
def main_thread_stopped(*processes: int) -> Iterator[None]:
    stopped: list[int] = []
    try:
        for process in processes:
            _ptrace(SEIZE, process)
            stopped.append(process)
            _ptrace(INTERRUPT, process)
            os.waitpid(process, WALL)
        yield
    finally:
        for process in stopped:
            _ptrace(DETACH, process)
