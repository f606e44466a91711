# SPDX-License-Identifier: Apache-2.0
"""Releases of OVN: this machine's own, and others, each in a root of its own.

A root is made once from the Debian suite that has the release and kept below .deps. Programs
enter it in a mount namespace of their own: what is mounted there ends with the program, in
whatever way that ends. /tmp, where labs keep their files, is the same inside and outside."""

from __future__ import annotations

import fcntl
import functools
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from .shell import LabError, Unavailable, run

SUITES = {"23.03": "bookworm", "25.03": "trixie", "26.03": "sid"}
PACKAGES = ("ovn-central", "ovn-host", "ovn-ic", "ovn-ic-db", "openvswitch-switch")
ROOTS = Path(__file__).resolve().parents[3] / ".deps"
MAKE_TIMEOUT = 900

# The root, then the command.
ENTER = ("set -e; root=$1; shift; "
         "for each in dev proc sys tmp; do mount --rbind /$each $root/$each; done; "
         'exec chroot $root "$@"')


@dataclass(frozen=True)
class Release:
    name: str
    root: Optional[Path] = None   # None: the programs of this machine

    def __str__(self) -> str:
        return self.name

    def argv(self, program: str, *arguments: str) -> list[str]:
        """The command that starts a program of this release, under the same pid."""
        command = [program, *arguments]
        if self.root is None:
            return command
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", ENTER, "sh",
                str(self.root), *command]

    def run(self, program: str, *arguments: str, timeout: float = 30) -> str:
        return run(*self.argv(program, *arguments), timeout=timeout, called=(program, *arguments))

    def number(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.name.split("."))


@functools.lru_cache(maxsize=None)
def own() -> Release:
    """What is installed here."""
    try:
        return Release(_version(Release("")))
    except (LabError, FileNotFoundError) as error:
        raise Unavailable(f"OVN is not installed: {error}") from error


def find(name: str) -> Release:
    """A release by its name; makes its root when there is none yet."""
    if name == own().name:
        return own()
    if name not in SUITES:
        raise Unavailable(f"no Debian suite is known to have OVN {name}; "
                          f"known are {', '.join(SUITES)}")
    return _in_root(name)


@functools.lru_cache(maxsize=None)
def _failures() -> dict[str, str]:
    return {}


def _in_root(name: str) -> Release:
    """A root that could not be made is not tried again by the same program."""
    failures = _failures()
    if name not in failures:
        release = Release(name, ROOTS / f"ovn-{name}")
        try:
            _make_once(release)
            return release
        except Unavailable as reason:
            failures[name] = str(reason)
    raise Unavailable(failures[name])


def _make_once(release: Release) -> None:
    assert release.root is not None
    ROOTS.mkdir(exist_ok=True)
    with Path(f"{release.root}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)   # two programs may want it at once
        if not release.root.exists():
            _make(release.root, SUITES[release.name])
    try:
        found = _version(release)
    except LabError as error:
        raise Unavailable(f"OVN {release.name}: {release.root} cannot be used: {error}") from error
    if found != release.name:   # sid moves on
        raise Unavailable(f"OVN {release.name}: Debian {SUITES[release.name]} had {found} when "
                          f"{release.root} was made")


def _make(root: Path, suite: str) -> None:
    if not shutil.which("mmdebstrap"):
        raise Unavailable("mmdebstrap is not installed; scripts/setup installs it")
    print(f"making {root} from Debian {suite} (about a minute) ...", flush=True)
    unfinished = Path(f"{root}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    log = Path(f"{root}.log")
    argv = ["unshare", "--mount", "--propagation", "private", "mmdebstrap", "--variant=apt",
            '--aptopt=Acquire::Check-Valid-Until "false"', f"--include={','.join(PACKAGES)}",
            "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/locale/*", suite, str(unfinished)]
    with log.open("w") as output:
        try:
            status = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                    timeout=MAKE_TIMEOUT, check=False).returncode
        except subprocess.TimeoutExpired:
            status = -1
    if status:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise Unavailable(f"Debian {suite} could not be had: {_reason(log)} (see {log})")
    unfinished.rename(root)


def _reason(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines()
    errors = [line for line in lines if line.startswith("E:")]
    return (errors or lines or ["mmdebstrap said nothing"])[0]


def _version(release: Release) -> str:
    found = re.search(r"(\d+\.\d+)", release.run("ovn-northd", "--version"))
    if not found:
        raise LabError("ovn-northd --version names no version")
    return found[1]
