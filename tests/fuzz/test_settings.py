"""Whatever the environment says: settings, or an error that names the variable; a notice that cannot be sent waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.channels import Channels, Mail, Webhook
from pipelines.errors import ConfigError
from pipelines.notices.send import DeliveryError, senders
from pipelines.settings import _VARIABLES, Settings
from tests.fuzz.cases import cases
from tests.notices.sinks import mail_server

SECRET = "mycket-hemligt"
# fmt: off
_WORDS = [
    "", " ", "0", "-1", "1e999", "nan", "inf", "9" * 5000, "٣", "²", "ja", "true", "\n", "\x1b[2J", "å", "\ud800",
    "localhost:25", "localhost:²", ":25", "x:99999", "a:b:c", "tls", "starttls", "ingen", "teams", "a@b.se",
    "a@b.se,,", "http://127.0.0.1:9/", "http://[", "https://xn--/", "https://x:0/", "https://a:b@x/", "javascript:x",
    "//x", "../..",
]
# fmt: on
_NAMES = [
    *(variable for variable, _ in _VARIABLES.values()),
    *("MALBILD_SMTP", "MALBILD_SMTP_FRAN", "MALBILD_SMTP_TILL", "MALBILD_SMTP_SKYDD", "MALBILD_SMTP_ANVANDARE"),
    *("MALBILD_ROLLBREV_TILL", "MALBILD_WEBHOOK", "MALBILD_WEBHOOK_FORM"),
]
_texts = st.one_of(st.sampled_from(_WORDS), st.text(st.characters(blacklist_characters="\0"), max_size=10))


@given(environment=st.dictionaries(st.sampled_from(_NAMES), _texts, max_size=8), secret=st.booleans())
@cases(20)
def test_an_environment_is_settings_or_an_error_that_names_the_variable(
    environment: dict[str, str], secret: bool
) -> None:
    if secret:
        environment = {**environment, "MALBILD_SMTP_LOSENORD": SECRET}
    try:
        settings = Settings.from_env(environment)
    except ConfigError as error:
        assert "→" in str(error)
        assert any(name in str(error) for name in (*_NAMES, "--kolada-url"))
        assert SECRET not in str(error)
        return
    assert 0 <= settings.refused_share <= 1
    assert settings.kolada_url.startswith("http")
    assert SECRET not in repr(settings)


@pytest.mark.parametrize(
    ("subject", "sender", "receiver", "path"),
    [
        ("två\nrader\r\nBcc: annan@exempel.se", "malbild@exempel.se", "analys@exempel.se", "x"),
        ("x", "malbild@exempel.se\nBcc: annan@exempel.se", "analys@exempel.se", "?sig=[&#x"),
        ("\ud800", "å@exempel.se", "<", ":99999@x"),
        ("", "", "", "%"),
    ],
)
def test_a_notice_that_cannot_be_sent_is_reported_and_fails_nothing(
    subject: str, sender: str, receiver: str, path: str
) -> None:
    """Nothing listens on port 9."""
    mail = Mail("127.0.0.1", 9, sender, (receiver,), "starttls", "malbild", SECRET)
    hooks = [Webhook(f"http://127.0.0.1:9/{path}", "slack"), Webhook("https://xn--/", "teams")]
    functions = [send for hook in hooks for send in senders(Channels(mail, hook)).values()]
    for send in functions:
        with pytest.raises(DeliveryError) as raised:
            send(subject, subject)
        assert SECRET not in str(raised.value)


def test_a_title_of_several_lines_is_one_subject() -> None:
    with mail_server() as box:
        mail = Mail("127.0.0.1", box.port, "malbild@exempel.se", ("analys@exempel.se",), "ingen")
        (send,) = senders(Channels(mail)).values()
        send("två\nrader\r\nBcc: annan@exempel.se", "text")
    assert box.subjects == ["två rader Bcc: annan@exempel.se"]
    assert [receiver for receiver, _ in box.received] == ["analys@exempel.se"]
