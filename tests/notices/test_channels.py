"""The ways out, against servers on loopback: what arrives, what is refused, and that secrets stay secret."""

from __future__ import annotations

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipelines.channels import Channels
from pipelines.errors import ConfigError
from pipelines.notices.send import DeliveryError, senders
from pipelines.settings import Settings
from tests.notices.sinks import CERTIFICATE, mail_server, web_server
from tests.small import CATALOG, malbild

SECRET = "hemligt-ord"


def environment(port: int, **more: str) -> dict[str, str]:
    return {
        "MALBILD_SMTP": f"localhost:{port}",
        "MALBILD_SMTP_FRAN": "malbild@exempel.se",
        "MALBILD_SMTP_TILL": "drift@exempel.se, analys@exempel.se",
        "MALBILD_SMTP_SKYDD": "ingen",
        **more,
    }


def send(channels: Channels, text: str = "Ett ord till dig.\n") -> list[str]:
    """Send to every channel; what could not be sent."""
    failed = []
    for send_to in senders(channels).values():
        try:
            send_to("malbild: åäö", text)
        except DeliveryError as error:
            failed.append(str(error))
    return failed


def test_nothing_is_sent_where_nothing_is_set() -> None:
    assert senders(Channels.from_env({})) == {}


def test_every_receiver_gets_the_mail() -> None:
    with mail_server() as box:
        assert send(Channels.from_env(environment(box.port))) == []
    assert [to for to, _ in box.received] == ["drift@exempel.se", "analys@exempel.se"]
    assert box.subjects == ["malbild: åäö"] * 2
    assert box.text() == "Ett ord till dig.\n"


def test_a_mail_says_when_it_was_sent_what_it_is_and_that_nobody_wrote_it() -> None:
    with mail_server() as box:
        send(Channels.from_env(environment(box.port)))
    (_, first), (_, second) = box.received
    assert first["Auto-Submitted"] == "auto-generated"
    assert abs(first["Date"].datetime - datetime.now(UTC)) < timedelta(minutes=10)
    assert first["Message-ID"].endswith("@exempel.se>")
    assert first["Message-ID"] != second["Message-ID"]


@pytest.mark.parametrize("drops", ["EHLO", "DATA"])
def test_a_server_that_accepts_and_drops_has_not_taken_it(drops: str) -> None:
    with mail_server() as box:
        box.drops = drops
        lines = send(Channels.from_env(environment(box.port)))
    assert len(lines) == 2
    assert all(f"localhost:{box.port}: SMTPServerDisconnected" in line for line in lines)


def test_a_trial_says_who_got_it(tmp_path: Path) -> None:
    with mail_server() as box:
        box.refuse = {"drift@exempel.se"}
        ended = malbild("meddelande", "prova", "--data-dir", tmp_path / "data", **environment(box.port))
    assert (ended.code, box.subjects) == (1, ["malbild: prov"])
    assert "e-post till analys@exempel.se: taken" in ended.out
    assert "e-post till drift@exempel.se: not taken: " in ended.out
    assert f"Datamapp: {tmp_path / 'data'}" in box.text()
    assert malbild("meddelande", "prova").code == 2
    assert not (tmp_path / "data").exists()


def test_yaml_that_stops_the_night_before_it_begins_is_notified_of_once(tmp_path: Path) -> None:
    catalog = tmp_path / "katalog"
    shutil.copytree(CATALOG, catalog)
    file = catalog / "indikatorer.yaml"
    file.write_text(file.read_text().replace("riktning:", "rigtning:", 1))
    with mail_server() as box:
        arguments = ("run", "--data-dir", tmp_path / "data", "--katalog", catalog)
        nights = [malbild(*arguments, **environment(box.port, MALBILD_SMTP_TILL="drift@exempel.se")) for _ in range(2)]
    assert [night.code for night in nights] == [2, 2]
    assert box.subjects == ["malbild: körningen misslyckades"]
    assert "Inget har publicerats ännu." in box.text()
    assert "rigtning: unknown key" in " ".join(box.text().split())


def test_one_receiver_that_is_refused_is_told_and_the_other_is_served() -> None:
    with mail_server() as box:
        box.refuse = {"drift@exempel.se"}
        (line,) = send(Channels.from_env(environment(box.port)))
    assert "drift@exempel.se" in line
    assert [to for to, _ in box.received] == ["analys@exempel.se"]


@pytest.mark.parametrize("protection", ["starttls", "tls"])
def test_a_login_goes_over_tls_only(protection: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    login = {"MALBILD_SMTP_ANVANDARE": "malbild", "MALBILD_SMTP_LOSENORD": SECRET}
    with mail_server(starttls=protection == "starttls", tls=protection == "tls", password=SECRET) as box:
        channels = Channels.from_env(environment(box.port, **login, MALBILD_SMTP_SKYDD=protection))
        assert send(channels) == []
        assert box.logins == [("malbild", SECRET, True)] * 2
        assert len(box.received) == 2
    with pytest.raises(ConfigError, match="readable over the network"):
        Channels.from_env(environment(1, **login))


def test_a_login_that_is_refused_does_not_show_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    login = {"MALBILD_SMTP_ANVANDARE": "malbild", "MALBILD_SMTP_LOSENORD": SECRET}
    with mail_server(starttls=True, password="ett annat") as box:
        lines = send(Channels.from_env(environment(box.port, **login, MALBILD_SMTP_SKYDD="starttls")))
    assert len(lines) == 2
    assert all("refused the login (code 535)" in line and SECRET not in line for line in lines)


def test_a_server_that_does_not_encrypt_gets_no_mail() -> None:
    with mail_server() as box:
        lines = send(Channels.from_env(environment(box.port, MALBILD_SMTP_SKYDD="starttls")))
    assert len(lines) == 2
    assert box.received == []


@pytest.mark.parametrize("form", ["teams", "slack"])
def test_a_webhook_gets_the_form_that_it_asks_for(form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with web_server() as hook:
        url = f"http://127.0.0.1:{hook.port}/{SECRET}"
        channels = Channels.from_env({"MALBILD_WEBHOOK": url, "MALBILD_WEBHOOK_FORM": form})
        assert send(channels, "a < b\nrad två\n") == []
        hook.status = 500
        (line,) = send(channels)
    assert "answered 500" in line
    assert SECRET not in line + caplog.text + repr(channels), "the address is a secret"
    if form == "slack":
        assert hook.posted[0] == {"text": "*malbild: åäö*\na &lt; b\nrad två\n"}
    else:
        (attachment,) = hook.posted[0]["attachments"]
        assert attachment["contentType"] == "application/vnd.microsoft.card.adaptive"
        assert [block["text"] for block in attachment["content"]["body"]] == ["malbild: åäö", "a < b", "rad två"]


def test_a_server_that_is_down_is_one_line() -> None:
    lines = send(Channels.from_env(environment(9, MALBILD_WEBHOOK=f"http://127.0.0.1:9/{SECRET}")))
    assert len(lines) == 3
    assert not any(SECRET in line or "\n" in line for line in lines)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"MALBILD_SMTP_TILL": ""}, "MALBILD_SMTP_TILL"),
        ({"MALBILD_SMTP_SKYDD": "ssl"}, "MALBILD_SMTP_SKYDD='ssl'"),
        ({"MALBILD_SMTP": "localhost:post"}, "MALBILD_SMTP="),
        ({"MALBILD_SMTP_LOSENORD": SECRET}, "MALBILD_SMTP_ANVANDARE"),
        ({"MALBILD_WEBHOOK": SECRET}, "MALBILD_WEBHOOK"),
        ({"MALBILD_WEBHOOK": "http://x.se", "MALBILD_WEBHOOK_FORM": "irc"}, "teams, slack"),
    ],
)
def test_settings_that_cannot_work_are_named_without_their_secrets(wrong: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Settings.from_env(environment(25) | wrong)
    assert words in str(raised.value)
    assert "→" in str(raised.value)
    assert SECRET not in str(raised.value)
