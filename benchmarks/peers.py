"""Peers that Kindred does without, in environments of their own, which are made on first use and then kept.

A peer that cannot be had or fails is `Missing`, with the reason for the table: none is left out in silence.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from benchmarks.outside import Ran, ran
from benchmarks.surroundings import BENCH

INSTALL = 900  # seconds


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there are no figures of a peer."""

    reason: str

    def __str__(self) -> str:
        return f"failed: {self.reason}"


class PeerUnavailable(RuntimeError):
    """The packages of a peer cannot be installed here; the message says why, in one line."""


def python(*packages: str) -> Path:
    """The Python of an environment with exactly these packages, as pip names them. Raises `PeerUnavailable`."""
    key = sha256("\n".join([sys.version, *sorted(packages)]).encode()).hexdigest()[:12]
    home = BENCH / f"peers-{key}"
    found = home / "bin" / "python"
    made = home / "installed"
    if made.exists():
        return found
    print(f"  making an environment with {', '.join(packages)}", flush=True)
    venv.create(home, with_pip=True, clear=True)
    # A constraint that holds for Kindred's own versions does not for a peer's.
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    command = [str(found), "-m", "pip", "install", "--quiet", *packages]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL, check=False, env=environment)
    except subprocess.TimeoutExpired:
        raise PeerUnavailable(f"pip took longer than {INSTALL} s") from None
    if done.returncode:
        raise PeerUnavailable(f"pip: {_last_line(done.stderr)}")
    made.write_text("\n".join(packages), encoding="utf-8")
    return found


def site_packages(executable: Path) -> Path:
    """Where an environment from `python` has its packages, for a script that needs Kindred's torch beside them."""
    return next((executable.parent.parent / "lib").glob("python*")) / "site-packages"


def run(
    packages: Sequence[str],
    script: Path,
    *arguments: str | int | Path,
    timeout: float = 1_200,
    environment: dict[str, str] | None = None,
) -> Ran | Missing:
    """Run a script in an environment with `packages`; without any, in Kindred's own.

    Its last line on standard output is a JSON object with its figures. Seconds are by wall clock from outside.
    """
    try:
        executable = python(*packages) if packages else Path(sys.executable)
    except PeerUnavailable as error:
        return Missing(str(error))
    command = [str(executable), str(script), *map(str, arguments)]
    return judged(ran(command, timeout=timeout, environment=environment))


def judged(done: Ran) -> Ran | Missing:
    """What ran, if it went well."""
    if done.status is None:
        return Missing(f"did not end within {done.seconds:.0f} s")
    if done.status:
        return Missing(_last_line(done.errors) or _last_line(done.output) or f"ended with {done.status}")
    return done


def answer(done: Ran) -> dict[str, Any]:
    """The JSON object on the last line of what a script has printed. Raises `ValueError` when there is none."""
    lines = [line for line in done.output.splitlines() if line.startswith("{")]
    if not lines:
        raise ValueError(f"No line of JSON in: {done.output[-500:]!r}")
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def _last_line(text: str) -> str:
    """The last line that says something, of at most 200 characters."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "rror" in line] or lines
    return telling[-1][:200] if telling else ""
