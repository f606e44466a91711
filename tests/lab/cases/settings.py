# SPDX-License-Identifier: Apache-2.0
"""Configuration files that must be refused: file, line, what is wrong, status 1."""

import subprocess

from ovnlab.case import PAIR, case, check, check_equal, ovnic_zones
from ovnlab.gateway import DAEMON
from ovnlab.lab import Lab


def _expect_refusal(lab: Lab, old: str, new: str, *words: str) -> None:
    """Change one line of a good file; the complaint names it and says the words."""
    _, gateway = ovnic_zones(lab)[0]
    good = gateway.config.read_text()
    check(old in good, f"{old!r} is not in the good file")
    path = lab.journal.directory / "refused.conf"
    path.write_text(good.replace(old, new, 1))
    done = subprocess.run([DAEMON, "--config", path, "--check-config"], timeout=20,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    said = done.stdout + done.stderr
    check_equal(f"exit status ({said.strip()})", done.returncode, 1)
    check(str(path) in said, f"does not name the file: {said}")
    for word in words:
        check(word in said, f"does not say {word!r}: {said}")


def _line_of(lab: Lab, text: str) -> str:
    lines = ovnic_zones(lab)[0][1].config.read_text().splitlines()
    return f":{next(i for i, line in enumerate(lines, 1) if line.startswith(text))}"


@case(PAIR)
def good_file(lab: Lab) -> None:
    for _, gateway in ovnic_zones(lab):
        subprocess.run([DAEMON, "--config", gateway.config, "--check-config"], check=True,
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=20)


@case(PAIR)
def unknown_key(lab: Lab) -> None:
    _expect_refusal(lab, "cores =", "crores =", "crores", _line_of(lab, "cores"))


@case(PAIR)
def unknown_section(lab: Lab) -> None:
    _expect_refusal(lab, "[workers]", "[wokers]", "wokers", _line_of(lab, "[workers]"))


@case(PAIR)
def bad_value(lab: Lab) -> None:
    _expect_refusal(lab, "idle = sleep", "idle = dream", "dream", "sleep", "busy",
                    _line_of(lab, "idle"))


@case(PAIR)
def bad_address(lab: Lab) -> None:
    _expect_refusal(lab, "encap-ip = ", "encap-ip = 300.", "encap-ip", _line_of(lab, "encap-ip"))


@case(PAIR)
def missing_key(lab: Lab) -> None:
    _expect_refusal(lab, "southbound = unix:", "; unix:", "southbound")
