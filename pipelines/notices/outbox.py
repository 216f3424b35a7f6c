"""What has been sent and what waits to be sent, in one small file of the data dir.

A notice with the same key and the same content is sent once. What a channel does not take waits for the next time:
a mail server that is down never fails a night. The words are `messages`, the channels `send`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from pipelines.channels import Channels
from pipelines.files import write_file
from pipelines.locks import wait_for
from pipelines.notices.send import DeliveryError, receivers, senders

# What could not be delivered for so long is no news any more.
MAX_WAIT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Notice:
    """A message. It is sent again under its key only when `content` differs from what was sent last. role: whose
    receivers get it, where they are others than everybody's.
    """

    key: str
    content: str
    subject: str
    text: str
    role: str | None = None


class Waiting(msgspec.Struct):
    """A message that a channel has not taken yet. `since`: UTC, naive. `last_word`: it is about others that were given
    up.
    """

    channel: str
    subject: str
    text: str
    since: datetime
    last_word: bool = False


class Outbox(msgspec.Struct):
    """The file. sent: key → digest of the content. seen: kind → up to which time (UTC, naive) news has been sent.
    digests: what each role has heard (`digest.Memory`).
    """

    sent: dict[str, str] = msgspec.field(default_factory=dict, name="told")
    seen: dict[str, datetime] = msgspec.field(default_factory=dict)
    waiting: list[Waiting] = msgspec.field(default_factory=list)
    digests: dict[str, str] = msgspec.field(default_factory=dict, name="rollbrev")

    def put(self, notices: Iterable[Notice], channels: Channels, now: datetime) -> list[str]:
        """Add the notices that are new or say something else than last time; returns their subjects."""
        added: list[str] = []
        for notice in notices:
            digest = hashlib.sha256(notice.content.encode()).hexdigest()
            if self.sent.get(notice.key) == digest:
                continue
            self.sent[notice.key] = digest
            for channel in receivers(channels, notice.role):
                self.waiting.append(Waiting(channel, notice.subject, notice.text, now))
            added.append(notice.subject)
        return added

    def send(
        self, channels: Channels, now: datetime, given_up: Callable[[list[Waiting]], tuple[str, str]]
    ) -> list[str]:
        """Send all that waits; what fails goes on waiting, and what has waited for too long is given up: `given_up`
        makes subject and text of one last message about it. Returns a line for each message that was not sent, with
        the reason.
        """
        by_name = senders(channels)
        waiting: list[Waiting] = []
        lines: list[str] = []
        too_old: dict[str, list[Waiting]] = {}
        # A channel that fails is not tried again this time: each try may cost its whole patience.
        failed: dict[str, str] = {}
        for message in self.waiting:
            if message.channel not in by_name:
                lines.append(f"not sent, {message.channel} is not in the settings any more: {message.subject}")
                continue
            if now - message.since > MAX_WAIT:
                lines.append(f"not sent for {MAX_WAIT.days} days, given up: {message.subject}")
                too_old.setdefault(message.channel, []).append(message)
                continue
            if message.channel not in failed:
                try:
                    by_name[message.channel](message.subject, message.text)
                    continue
                except DeliveryError as error:
                    failed[message.channel] = str(error)
            lines.append(
                f"{message.channel} could not be reached ({failed[message.channel]}) → tried again after the next run: "
                f"{message.subject}"
            )
            waiting.append(message)
        for channel, messages in too_old.items():
            # Mentioned once: what was only about others that were given up is not mentioned again.
            if news := [message for message in messages if not message.last_word]:
                waiting.append(Waiting(channel, *given_up(news), now, last_word=True))
        self.waiting = waiting
        return lines


@contextmanager
def opened(path: Path) -> Iterator[Outbox]:
    """The outbox in this file, written back when the block ends; one process at a time.

    A file that cannot be read is put aside: a notice may then come twice, which is better than none.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with wait_for(path.with_name(f".{path.name}.las")):
        outbox = read(path)
        yield outbox
        write_file(path, msgspec.json.format(msgspec.json.encode(outbox)))


def read(path: Path) -> Outbox:
    """What the file holds; nothing where there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Outbox)
    except FileNotFoundError:
        return Outbox()
    except msgspec.DecodeError:
        path.replace(path.with_name(f"{path.name}.trasig"))
        return Outbox()
