"""Who on this machine listens where, as the kernel tells it."""

from __future__ import annotations

from pathlib import Path

import pytest

LOOPBACK = "127.0.0.1"


def listening(port: int) -> set[str]:
    """The IPv4 addresses, and those of IPv6 as they are written there, on which something listens at this port."""
    addresses = set()
    for name in ("tcp", "tcp6"):
        path = Path("/proc/net") / name
        if not path.exists():
            pytest.skip("only Linux tells who listens where")
        for _, local, _, state, *_ in (line.split() for line in path.read_text().splitlines()[1:]):
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                addresses.add(".".join(map(str, reversed(bytes.fromhex(address)))) if name == "tcp" else address)
    return addresses
