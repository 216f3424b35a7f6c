"""The ways out: e-mail and webhook, chosen in the environment. What is told, and when, is `tell` and `outbox`.

The password and the webhook's address are secrets: neither is ever part of a message, a log line or a repr.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pipelines import addresses
from pipelines.errors import ConfigError

Protection = Literal["starttls", "tls", "ingen"]
Form = Literal["teams", "slack"]

# Seconds; two channels that hang must not make a night noticeably longer.
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Mail:
    """How e-mail is sent. Without `user` nobody logs in."""

    host: str
    port: int
    sender: str
    to: tuple[str, ...]
    protection: Protection
    user: str | None = None
    password: str | None = field(default=None, repr=False)


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
        """Channels from MALBILD_SMTP* and MALBILD_WEBHOOK*. Raises ConfigError naming the variable."""
        return cls(_mail(environ), _webhook(environ))

    def senders(self) -> dict[str, Callable[[str, str], None]]:
        """Name of each channel → a function that sends (subject, text) and raises DeliveryError.

        Every receiver is a channel of its own, so that one that is refused does not make the others hear it twice.
        """
        found: dict[str, Callable[[str, str], None]] = {}
        if mail := self.mail:
            for address in mail.to:
                found[f"e-post till {address}"] = partial(_send_mail, mail, address)
        if webhook := self.webhook:
            found["webhook"] = partial(_post, webhook)
        return found


class DeliveryError(Exception):
    """A channel did not take a message; the text says why, without secrets."""


def _mail(environ: Mapping[str, str]) -> Mail | None:
    server = environ.get("MALBILD_SMTP")
    if not server:
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
    to = tuple(address.strip() for address in environ["MALBILD_SMTP_TILL"].split(",") if address.strip())
    return Mail(
        host,
        int(port) if port else {"starttls": 587, "tls": 465}.get(protection, 25),
        environ["MALBILD_SMTP_FRAN"],
        to,
        protection,  # type: ignore[arg-type]
        user or None,
        password or None,
    )


def _webhook(environ: Mapping[str, str]) -> Webhook | None:
    url = environ.get("MALBILD_WEBHOOK")
    if not url:
        return None
    if why := addresses.fault(url):
        raise ConfigError(f"MALBILD_WEBHOOK (a secret, not shown here) is no web address: {why} → write it whole")
    return Webhook(url, _one_of(environ, "MALBILD_WEBHOOK_FORM", get_args(Form)))  # type: ignore[arg-type]


def _one_of(environ: Mapping[str, str], variable: str, words: tuple[str, ...]) -> str:
    """The word in the variable; the first one when it is not set."""
    word = environ.get(variable) or words[0]
    if word not in words:
        raise ConfigError(f"{variable}={word!r} is unknown → use {', '.join(words)}")
    return word


def _send_mail(mail: Mail, address: str, subject: str, text: str) -> None:
    # Settings are read by every command; few of them send anything.
    import smtplib
    import ssl
    from email.message import EmailMessage

    message = EmailMessage()
    try:
        # A title may have several lines, a header may not.
        message["Subject"], message["From"], message["To"] = " ".join(subject.split()), mail.sender, address
        message.set_content(text)
    except ValueError as error:
        raise DeliveryError(f"no e-mail can be made of it: {_short(error)}") from None
    context = ssl.create_default_context()
    try:
        if mail.protection == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_PATIENCE, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_PATIENCE)
        with server:
            if mail.protection == "starttls":
                server.starttls(context=context)
            if mail.user and mail.password:
                server.login(mail.user, mail.password)
            server.send_message(message)
    except smtplib.SMTPAuthenticationError as error:
        # Its text may quote what was sent.
        raise DeliveryError(f"{mail.host}:{mail.port} refused the login (code {error.smtp_code})") from None
    except (OSError, ValueError, smtplib.SMTPException) as error:
        raise DeliveryError(f"{mail.host}:{mail.port}: {_short(error)}") from None


def _post(webhook: Webhook, subject: str, text: str) -> None:
    import httpx

    # At its INFO level httpx logs every address whole, and this one is a secret.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    host = urlsplit(webhook.url).hostname
    try:
        answer = httpx.post(webhook.url, json=payload(webhook.form, subject, text), timeout=_PATIENCE)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise DeliveryError(f"{host}: {type(error).__name__}") from None
    if not answer.is_success:
        raise DeliveryError(f"{host} answered {answer.status_code}")


def payload(form: Form, subject: str, text: str) -> dict[str, Any]:
    """The JSON of a message: an Adaptive Card for Teams' workflows, mrkdwn text for Slack's incoming webhooks."""
    if form == "slack":
        return {"text": f"*{_slack(subject)}*\n{_slack(text)}"}
    blocks = [
        {"type": "TextBlock", "text": subject, "weight": "Bolder", "size": "Medium", "wrap": True},
        *({"type": "TextBlock", "text": line, "wrap": True} for line in text.splitlines() if line.strip()),
    ]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
    }
    return {
        "type": "message",
        "attachments": [{"contentType": "application/vnd.microsoft.card.adaptive", "content": card}],
    }


def _slack(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
