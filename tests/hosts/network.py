"""Hosts on one machine: network namespaces that are joined by a switch, whose links can be cut and joined again.

    with network("web", "redis") as hosts:
        process = hosts["web"].start("python", "-m", "...")
        hosts["web"].cut_off_from(hosts["redis"])

A cut is silent, as one of a real network is: packets go to a hardware address that nobody has, so nobody hears of it
before a time limit ends. It needs root, `ip` and a kernel with namespaces and virtual Ethernet.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_NOBODY = "02:00:00:00:00:01"
_DEVICE = "eth0"
_MARK = "orm-hosts-"


class NoNetworkError(RuntimeError):
    """Namespaces cannot be made here; the message says why."""


@dataclass(frozen=True)
class Host:
    """A namespace with an address of its own."""

    namespace: str
    address: str

    def start(self, *command: str, **options: Any) -> subprocess.Popen[Any]:
        """Start a process on this host, in the folder of the project."""
        return subprocess.Popen(["ip", "netns", "exec", self.namespace, *command], cwd=ROOT, **options)

    def cut_off_from(self, other: Host, *, responses_only: bool = False) -> None:
        """Lose every packet between the two, in both directions or only to this host, without a sign."""
        for one, two in self._directions(other)[responses_only:]:
            _ip("-n", one, "neigh", "replace", two, "lladdr", _NOBODY, "dev", _DEVICE, "nud", "permanent")

    def join(self, other: Host) -> None:
        """Let packets through again."""
        for one, two in self._directions(other):
            _ip("-n", one, "neigh", "flush", "to", two, "nud", "all", "dev", _DEVICE)

    def _directions(self, other: Host) -> tuple[tuple[str, str], ...]:
        return (self.namespace, other.address), (other.namespace, self.address)

    def unplug(self) -> None:
        """Cut the host off from all others."""
        _ip("-n", self.namespace, "link", "set", _DEVICE, "down")

    def plug(self) -> None:
        _ip("-n", self.namespace, "link", "set", _DEVICE, "up")


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoNetworkError(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}")


def _remove_what_others_left() -> None:
    """Remove the namespaces of runs that were killed."""
    listed = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=False).stdout
    for name in re.findall(rf"^{_MARK}(?:\d+)-\w+", listed, re.MULTILINE):
        if not Path("/proc", name.removeprefix(_MARK).partition("-")[0]).exists():
            _ip("netns", "del", name)


@contextmanager
def network(*names: str) -> Iterator[dict[str, Host]]:
    """Hosts with these names, which reach each other and nothing else. Raises NoNetworkError where that cannot be."""
    if not shutil.which("ip"):
        raise NoNetworkError("There is no `ip`: install iproute2.")
    if os.geteuid():
        raise NoNetworkError("Network namespaces need root.")
    _remove_what_others_left()
    mark = f"{_MARK}{os.getpid()}"
    with ExitStack() as ends:

        def namespace(name: str) -> str:
            _ip("netns", "add", f"{mark}-{name}")
            ends.callback(_ip, "netns", "del", f"{mark}-{name}")
            _ip("-n", f"{mark}-{name}", "link", "set", "lo", "up")
            return f"{mark}-{name}"

        switch = namespace("switch")
        _ip("-n", switch, "link", "add", "switch", "type", "bridge")
        _ip("-n", switch, "link", "set", "switch", "up")
        hosts = {}
        for number, name in enumerate(names, 1):
            host = hosts[name] = Host(namespace(name), f"10.77.0.{number}")
            _ip("-n", host.namespace, "link", "add", _DEVICE, "type", "veth", "peer", f"port{number}", "netns", switch)
            _ip("-n", switch, "link", "set", f"port{number}", "master", "switch", "up")
            _ip("-n", host.namespace, "address", "add", f"{host.address}/24", "dev", _DEVICE)
            host.plug()
        yield hosts
