# SPDX-License-Identifier: Apache-2.0
"""Certificates, and servers that ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from .central import Database
from .journal import Journal
from .netns import Netns
from .process import Process
from .shell import run, wait_for

CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2")


class Credentials:
    """Key, certificate and certificate authority of one end, in files that can be replaced."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.key = directory / f"{name}.key"
        self.certificate = directory / f"{name}.crt"
        self.ca = directory / f"{name}.ca"

    def paths(self) -> tuple[Path, Path, Path]:
        return self.key, self.certificate, self.ca


class Authority:
    def __init__(self, directory: Path, name: str) -> None:
        self.directory = directory
        self.name = name
        self.key = directory / f"{name}.key"
        self.certificate = directory / f"{name}.crt"
        run("openssl", "req", "-x509", *CURVE, "-subj", f"/CN={name}",
            "-keyout", str(self.key), "-out", str(self.certificate))

    def issue(self, to: Credentials) -> None:
        """A new key with a certificate of ours, each put in place as a whole."""
        key, certificate = (Path(f"{path}.new") for path in (to.key, to.certificate))
        run("openssl", "req", "-x509", *CURVE, "-subj", f"/CN={to.name}",
            "-CA", str(self.certificate), "-CAkey", str(self.key),
            "-keyout", str(key), "-out", str(certificate))
        key.rename(to.key)
        certificate.rename(to.certificate)

    def trusted_by(self, end: Credentials, beside: Optional[Authority] = None) -> None:
        """And no other is but the one beside it."""
        both = [self, *([beside] if beside else [])]
        end.ca.write_bytes(b"".join(each.certificate.read_bytes() for each in both))


class Relay:
    """Offers a database by ssl: in a network namespace. It takes no client that its own
    authority has not signed."""

    def __init__(self, journal: Journal, netns: Netns, database: Database, schema: str,
                 port: int, credentials: Credentials) -> None:
        name = f"tls-{database.process.name}"
        self.remote = f"ssl:127.0.0.1:{port}"
        self.log = journal.directory / f"{name}.log"
        key, certificate, ca = credentials.paths()
        self.process = Process(journal, name, database.release.argv(
            "ovsdb-server", f"relay:{schema}:{database.remote}", f"--remote=pssl:{port}:127.0.0.1",
            f"--private-key={key}", f"--certificate={certificate}", f"--ca-cert={ca}",
            f"--log-file={self.log}", f"--unixctl={journal.directory}/{name}.ctl"), netns)

    def start(self) -> None:
        self.process.start()

    def stop(self) -> None:
        if self.process.running():
            self.process.stop()

    def wait_refused(self) -> None:
        wait_for(f"{self.process.name} turns a client away", lambda: (
            "certificate verify failed" in self.log.read_text()), timeout=30)

    def wait_rejected(self) -> None:
        """By a client that does not trust it."""
        wait_for(f"a client turns {self.process.name} away", lambda: (
            "unknown ca" in self.log.read_text()), timeout=30)
