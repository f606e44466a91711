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


class Late(LabError):
    """Something did not come in time. That the time was too short for this machine today
    can only be told by waiting once more."""


class Patience:
    """Seconds to wait for something. Those of a machine that stood still do not count: what is
    waited for did not go on either. So whoever waits asks at least each second."""
    LOOK = 1.0

    def __init__(self, seconds: float) -> None:
        self.left = seconds
        self._asked = time.monotonic()

    def over(self) -> bool:
        now = time.monotonic()
        self.left -= min(now - self._asked, self.LOOK)
        self._asked = now
        return self.left <= 0


MAX_COMMAND = 200   # characters of a command in an error


class CommandError(LabError):
    def __init__(self, argv: Sequence[str], status: int, output: str) -> None:
        command = " ".join(argv)
        if len(command) > MAX_COMMAND:
            command = f"{command[:MAX_COMMAND]} …"
        super().__init__(f"`{command}` ended with {status}: {output.strip()[-600:]}")
        self.status = status
        self.output = output


class CommandTimeout(CommandError, Late):
    def __init__(self, argv: Sequence[str], timeout: float, said: str) -> None:
        super().__init__(argv, -1, f"still running after {timeout:g} s\n{said}")


def run(*argv: str, timeout: float = 30, check: bool = True,
        env: Optional[Mapping[str, str]] = None, called: Sequence[str] = ()) -> str:
    """Run a command to its end and return what it printed.

    called: what errors call it, where that is shorter."""
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env=env) as child:
        out, err = _end_of(child, called or argv, timeout)
    if check and child.returncode:
        raise CommandError(called or argv, child.returncode, out + err)
    return out


def _end_of(child: "subprocess.Popen[str]", called: Sequence[str], timeout: float) -> tuple[str, str]:
    patience = Patience(timeout)
    while True:
        try:
            return child.communicate(timeout=min(Patience.LOOK, timeout))
        except subprocess.TimeoutExpired:
            if patience.over():
                child.kill()
                said = "".join(child.communicate())
                raise CommandTimeout(called, timeout, said) from None
        except BaseException:
            child.kill()
            raise


def wait_for(what: str, condition: Callable[[], T], timeout: float = 15,
             interval: float = 0.05) -> T:
    """Poll until the condition gives something true, and return that.

    Another LabError while polling (a daemon that is not up yet) counts as "not yet"."""
    patience = Patience(timeout)
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
        if patience.over():
            raise Late(f"{what}: not within {timeout:g} s (last seen: {last!r})")
        time.sleep(interval)
