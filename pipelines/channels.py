"""Where notices go: e-mail and webhook, chosen in the environment.

Sending is `notices.send`. The password and the webhook's address are secrets: neither is ever part of a message, a log
line or a repr.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from pipelines import addresses
from pipelines.errors import ConfigError

Protection = Literal["starttls", "tls", "ingen"]
Form = Literal["teams", "slack"]
_ROLES = "MALBILD_ROLLBREV_TILL"


@dataclass(frozen=True, slots=True)
class Mail:
    """How e-mail is sent. Without `user` nobody logs in. to_role: receivers of the rollbrev of a role, by its id; those
    of other roles go to `to`.
    """

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    protection: Protection
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    to_role: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where messages are posted, and in whose form."""

    url: str = field(repr=False)
    form: Form


@dataclass(frozen=True, slots=True)
class Channels:
    """The channels of one installation; none is the default."""

    mail: Mail | None = None
    webhook: Webhook | None = None

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Channels:
        """Channels from MALBILD_SMTP*, MALBILD_ROLLBREV_TILL and MALBILD_WEBHOOK*.

        Raises ConfigError naming the variable.
        """
        return cls(_mail(environ), _webhook(environ))


def _mail(environ: Mapping[str, str]) -> Mail | None:
    server = environ.get("MALBILD_SMTP")
    if not server:
        if environ.get(_ROLES):
            raise ConfigError(f"{_ROLES} is set but MALBILD_SMTP is not → set both, or neither")
        return None
    host, _, port = server.partition(":")
    protection = _one_of(environ, "MALBILD_SMTP_SKYDD", get_args(Protection))
    if not host or (port and not (port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 2**16)):
        raise ConfigError(f"MALBILD_SMTP={server!r} is no server → write it as host or host:port")
    missing = [name for name in ("MALBILD_SMTP_FRAN", "MALBILD_SMTP_TILL") if not environ.get(name)]
    if missing:
        raise ConfigError(f"MALBILD_SMTP is set but {' and '.join(missing)} is not → name sender and receivers")
    user, password = environ.get("MALBILD_SMTP_ANVANDARE"), environ.get("MALBILD_SMTP_LOSENORD")
    if bool(user) != bool(password):
        raise ConfigError(
            "one of MALBILD_SMTP_ANVANDARE and MALBILD_SMTP_LOSENORD is set without the other → set both, or neither"
        )
    if user and protection == "ingen":
        raise ConfigError(
            "MALBILD_SMTP_SKYDD=ingen would send MALBILD_SMTP_LOSENORD readable over the network → use starttls or tls"
        )
    return Mail(
        host,
        int(port) if port else {"starttls": 587, "tls": 465}.get(protection, 25),
        environ["MALBILD_SMTP_FRAN"],
        _list(environ["MALBILD_SMTP_TILL"]),
        protection,  # type: ignore[arg-type]
        user or None,
        password or None,
        _by_role(environ.get(_ROLES, "")),
    )


def _list(text: str) -> tuple[str, ...]:
    return tuple(address.strip() for address in text.split(",") if address.strip())


def _by_role(text: str) -> dict[str, tuple[str, ...]]:
    """Role → receivers, of 'nsv=a@example.se,b@example.se; 0484=c@example.se'."""
    receivers: dict[str, tuple[str, ...]] = {}
    for entry in filter(str.strip, text.split(";")):
        role, _, addresses_of_role = (part.strip() for part in entry.partition("="))
        if not role or not (to := _list(addresses_of_role)) or role in receivers:
            raise ConfigError(
                f"{_ROLES}: {entry.strip()!r} is not a role of its own with receivers → write it as "
                "nsv=a@example.se,b@example.se; 0484=c@example.se"
            )
        receivers[role] = to
    return receivers


def _webhook(environ: Mapping[str, str]) -> Webhook | None:
    url = environ.get("MALBILD_WEBHOOK")
    if not url:
        return None
    if why := addresses.url_error(url):
        raise ConfigError(f"MALBILD_WEBHOOK (a secret, not shown here) is no web address: {why} → write it whole")
    return Webhook(url, _one_of(environ, "MALBILD_WEBHOOK_FORM", get_args(Form)))  # type: ignore[arg-type]


def _one_of(environ: Mapping[str, str], variable: str, words: tuple[str, ...]) -> str:
    """The word in the variable; the first one when it is not set."""
    word = environ.get(variable) or words[0]
    if word not in words:
        raise ConfigError(f"{variable}={word!r} is unknown → use {', '.join(words)}")
    return word
