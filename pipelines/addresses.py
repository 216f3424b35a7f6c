"""Whether a web address that somebody has set can be used at all, and says nothing that must be kept secret.

Where addresses come from, and what is asked of them there, is `settings` and `channels`.
"""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
# Every sign that RFC 3986 lets stand in an address.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]+")


def url_error(address: str) -> str | None:
    """Why nothing can be sent there, without a word of the address itself; None when something can."""
    if _ADDRESS.fullmatch(address) is None:
        return "it is not https:// followed by signs that an address may have"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError:
        return "its server or port cannot be read"
    if "@" in parts.netloc:
        return "it holds a user name or password, which logs and the raw archive would show"
    if port == 0 or not host or _HOST.fullmatch(host) is None:
        return "its server or port cannot be read"
    return None


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own (loopback), where nobody can listen in."""
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
