"""A night before a meeting, with a mail server and a webhook on loopback: who gets which rollbrev, with what links."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines import clock
from tests.notices.sinks import mail_server, web_server
from tests.small import CATALOG, kolada, malbild

ISSUE = """version: 1
uppfoljningar:
  - id: 2026-host
    nr: 1
    status: utkast
    namn: Höst 2026
    nsv_datum: {board}
    moten:
      - instans: arbetsgrupp
        datum: {group}
"""


@pytest.mark.lang
def test_a_due_rollbrev_reaches_the_receivers_of_its_role_and_a_teams_card_once(tmp_path: Path) -> None:
    katalog = Path(shutil.copytree(CATALOG, tmp_path / "katalog"))
    group, board = (clock.today() + timedelta(days=days) for days in (10, 40))
    (katalog / "uppfoljningar.yaml").write_text(ISSUE.format(group=group, board=board))
    with mail_server() as box, web_server() as hook, kolada() as url:
        environment = {
            "MALBILD_SMTP": f"localhost:{box.port}",
            "MALBILD_SMTP_FRAN": "malbild@exempel.se",
            "MALBILD_SMTP_TILL": "alla@exempel.se",
            "MALBILD_SMTP_SKYDD": "ingen",
            "MALBILD_ROLLBREV_TILL": "0484=namnd@vastby.se, chef@vastby.se; 0999=ingen@exempel.se",
            "MALBILD_WEBHOOK": f"http://127.0.0.1:{hook.port}/",
            "MALBILD_WEBBADRESS": "https://malbild.exempel.se",
        }
        place = ("--data-dir", tmp_path / "data", "--katalog", katalog)
        for _ in range(2):
            ended = malbild("run", "--kolada-url", url, *place, **environment)
            assert ended.code == 0, ended.err
        refused = malbild("meddelande", "rollbrev", *place, **environment)
    heard = [(to, message["Subject"]) for to, message in box.received]
    assert heard == [
        ("alla@exempel.se", f"malbild: till Östby, inför mötet {group} (syntetiska uppgifter)"),
        ("namnd@vastby.se", f"malbild: till Västby, inför mötet {group} (syntetiska uppgifter)"),
        ("chef@vastby.se", f"malbild: till Västby, inför mötet {group} (syntetiska uppgifter)"),
        ("alla@exempel.se", f"malbild: till Regionen, inför mötet {group} (syntetiska uppgifter)"),
    ]
    line = box.text(1).splitlines()[0]
    assert line.startswith("Fråga: svar saknas inför Höst 2026 (rader utan svar): ")
    assert line.endswith(" https://malbild.exempel.se/utkast/huvudman/0484.html")
    cards = [posted["attachments"][0]["content"]["body"] for posted in hook.posted]
    assert [card[0]["text"] for card in cards] == [heard[0][1], heard[1][1], heard[3][1]]
    assert cards[1][1]["text"] == line
    # A role that is not there: the night goes on and says so, and who looks is refused.
    assert "no role is called 0999, so its receivers get nothing → name some of 0461, 0484, 0004" in "".join(
        file.read_text() for file in (tmp_path / "data" / "logg").iterdir()
    )
    assert refused.code == 2
    assert "no role is called 0999" in refused.err
