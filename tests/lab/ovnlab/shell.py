# SPDX-License-Identifier: Apache-2.0
"""Running commands and waiting for things to become true."""

from __future__ import annotations

import subprocess
import time
from typing import Callable, Mapping, Optional, Sequence, TypeVar

T = TypeVar("T")


class LabError(Exception):
    """Something in the lab did not do what was asked of it."""


class Unavailable(LabError):
    """This machine lacks something that a lab needs."""


class ProcessEnded(LabError):
    """A daemon is gone that should be there: no use in waiting any longer."""


MAX_COMMAND = 200   # characters of a command in an error


class CommandError(LabError):
    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        command = " ".join(argv)
        if len(command) > MAX_COMMAND:
            command = f"{command[:MAX_COMMAND]} …"
        super().__init__(f"`{command}` ended with {status}: {output.strip()[-600:]}")
        self.status = status
        self.output = output


def run(*argv: str, timeout: float = 30, check: bool = True,
        env: Optional[Mapping[str, str]] = None, called: Sequence[str] = ()) -> str:
    """Run a command to its end and return what it printed.

    called: what errors call it, where that is shorter."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, env=env)
    except subprocess.TimeoutExpired as late:
        said = "".join(part.decode(errors="replace") if isinstance(part, bytes) else part or ""
                       for part in (late.stdout, late.stderr))
        raise CommandError(called or argv, -1, f"still running after {timeout:g} s\n{said}") from late
    if check and done.returncode:
        raise CommandError(called or argv, done.returncode, done.stdout + done.stderr)
    return done.stdout


def wait_for(what: str, condition: Callable[[], T], timeout: float = 15,
             interval: float = 0.05) -> T:
    """Poll until the condition gives something true, and return that.

    Another LabError while polling (a daemon that is not up yet) counts as "not yet"."""
    deadline = time.monotonic() + timeout
    last: object = None
    while True:
        try:
            last = result = condition()
            if result:
                return result
        except ProcessEnded:
            raise
        except LabError as error:
            last = error
        if time.monotonic() > deadline:
            raise LabError(f"{what}: not within {timeout:g} s (last seen: {last!r})")
        time.sleep(interval)
