"""Sending a notice by e-mail or webhook. Which channels there are is `channels`; what is sent, and when, is `messages`
and `outbox`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pipelines.channels import Channels, Form, Mail, Webhook

# Seconds; two channels that hang must not make a night noticeably longer.
_PATIENCE = 10.0
_WEBHOOK = "webhook"


class DeliveryError(Exception):
    """A channel did not take a message; the text says why, without secrets."""


def senders(channels: Channels) -> dict[str, Callable[[str, str], None]]:
    """Name of each receiver → a function that sends (subject, text) and raises DeliveryError.

    Every receiver has a function of its own, so that the others do not get a notice twice when one is refused.
    """
    functions: dict[str, Callable[[str, str], None]] = {}
    if mail := channels.mail:
        for address in (*mail.to, *(to for of_role in mail.to_role.values() for to in of_role)):
            functions[_by_mail(address)] = partial(_send_mail, mail, address)
    if webhook := channels.webhook:
        functions[_WEBHOOK] = partial(_post, webhook)
    return functions


def receivers(channels: Channels, role: str | None) -> list[str]:
    """Names of those that get a notice to a role, or to nobody in particular (None)."""
    mail = channels.mail
    to = mail.to_role.get(role or "", mail.to) if mail else ()
    return [*map(_by_mail, to), *([_WEBHOOK] if channels.webhook else [])]


def _by_mail(address: str) -> str:
    return f"e-post till {address}"


def _send_mail(mail: Mail, address: str, subject: str, text: str) -> None:
    # Loaded here because every command reads the settings and few of them send anything.
    import smtplib
    import ssl
    from email.message import EmailMessage
    from email.utils import format_datetime, make_msgid

    message = EmailMessage()
    try:
        # A title may have several lines, a header may not.
        message["Subject"], message["From"], message["To"] = " ".join(subject.split()), mail.sender, address
        message["Date"] = format_datetime(datetime.now(UTC))
        message["Message-ID"] = make_msgid(domain=message["From"].addresses[0].domain or "malbild.invalid")
        # No out-of-office answers; RFC 3834.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
    except (ValueError, IndexError) as error:
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
