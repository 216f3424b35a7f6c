"""Passwords and addresses that are secrets are used, and are in no file, output or notice afterwards."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard

from tests.notices.sinks import CERTIFICATE, mail_server, web_server
from tests.small import CATALOG, Finished, dataset, kolada, malbild

pytestmark = pytest.mark.lang

MAIL, HOOK, PROXY, ADDRESS = "Brev-Hemlig+1", "krok-hemlig-2", "ombud-hemlig-3", "adress-hemlig-4"
SECRETS = (MAIL, HOOK, PROXY, ADDRESS)


def written(secret: str) -> list[bytes]:
    """A secret in the forms in which a program may put it down by accident."""
    forms = {secret, quote(secret), quote(secret, safe=""), secret[::-1]}
    login = [base64.b64encode(text.encode()) for text in (secret, f"malbild:{secret}", f"\0malbild\0{secret}")]
    return [form.encode() for form in forms] + [code.rstrip(b"=")[:-1] for code in login]


def contents(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file below a folder, and what is packed in it."""
    for path in folder.rglob("*"):
        if not path.is_file():
            continue
        content = path.read_bytes()
        yield str(path), content
        if path.suffix == ".zst":
            yield f"{path}!", zstandard.ZstdDecompressor().decompress(content)
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as packed:
                for name in packed.namelist():
                    yield f"{path}!{name}", packed.read(name)


def places_of_secrets(folder: Path, outputs: list[Finished]) -> list[str]:
    """Where a secret is in a file, or was printed."""
    forms = [form for secret in SECRETS for form in written(secret)]
    places = [*contents(folder), *((f"output {n}", f"{e.out}{e.err}".encode()) for n, e in enumerate(outputs))]
    return [where for where, content in places if any(form in content for form in forms)]


@dataclass
class Installation:
    """An installation whose settings hold secrets: its folder, what its commands printed, who logged in to the mail
    server, and what was posted.
    """

    folder: Path
    outputs: list[Finished] = field(default_factory=list)
    logins: list[tuple[str, str, bool]] = field(default_factory=list)
    posted: list[str] = field(default_factory=list)

    def command(self, code: int, *arguments: str | Path, **environment: str) -> None:
        options = ["--data-dir", self.folder / "data", "--katalog", CATALOG]
        ended = malbild(arguments[0], *arguments[1:], *options, **environment)
        assert ended.code == code, ended.err
        self.outputs.append(ended)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """After a good night, one through a proxy that is not there, two that are refused, and a backup."""
    installation = Installation(tmp_path_factory.mktemp("hemligt"))
    run = installation.command
    with mail_server(starttls=True, password=MAIL) as box, web_server() as hook:
        environment = {
            "MALBILD_SMTP": f"localhost:{box.port}",
            "MALBILD_SMTP_FRAN": "malbild@exempel.se",
            "MALBILD_SMTP_TILL": "analys@exempel.se",
            "MALBILD_SMTP_SKYDD": "starttls",
            "MALBILD_SMTP_ANVANDARE": "malbild",
            "MALBILD_SMTP_LOSENORD": MAIL,
            "MALBILD_WEBHOOK": f"http://127.0.0.1:{hook.port}/{HOOK}?sig={HOOK}",
            "SSL_CERT_FILE": str(CERTIFICATE),
            "HTTPS_PROXY": f"http://malbild:{PROXY}@127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
        }
        with kolada(dataset()) as url:
            run(0, "run", "--kolada-url", url, **environment)
        # Kolada is there, the proxy is not: the night fails, and a notice of it goes out.
        by_proxy = {**environment, "NO_PROXY": "127.0.0.1"}
        run(3, "run", "--debug", "--kolada-url", "https://localhost:1/v3", **by_proxy)
        address = f"https://malbild:{ADDRESS}@api.kolada.se/v3"
        run(2, "run", "--kolada-url", address, **environment)
        run(2, "run", **environment, MALBILD_KOLADA_URL=address)
        run(1, "doctor", "--kolada-url", "http://127.0.0.1:9/v3", **environment)
        run(0, "backup", installation.folder / "kopia.zip", **environment)
        installation.logins = box.logins
        installation.posted = [str(message) for message in (*hook.posted, *(text for _, text in box.received))]
    return installation


def test_the_secrets_were_used(installation: Installation) -> None:
    """Otherwise it would be no wonder that they are nowhere."""
    assert installation.logins[0] == ("malbild", MAIL, True)
    assert len(installation.posted) >= 2


def test_no_secret_is_in_a_file_or_printed_or_sent(installation: Installation) -> None:
    assert places_of_secrets(installation.folder, installation.outputs) == []
    assert [text for text in installation.posted for secret in SECRETS if secret in text] == []
    suffixes = (".zst", ".log", ".db", ".duckdb")
    assert len([path for path in installation.folder.rglob("*") if path.suffix in suffixes]) > 5


def test_a_secret_in_a_file_would_be_seen(tmp_path: Path) -> None:
    for number, secret in enumerate(SECRETS):
        packed = zstandard.ZstdCompressor().compress(f"se {secret} här".encode())
        (tmp_path / f"{number}.zst").write_bytes(packed)
    (tmp_path / "logg.txt").write_bytes(b"AUTH " + base64.b64encode(f"\0malbild\0{MAIL}".encode()))
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a", quote(MAIL, safe=""))
    named = {Path(where).name for where in places_of_secrets(tmp_path, [Finished(0, "", PROXY)])}
    assert {"0.zst!", "1.zst!", "2.zst!", "3.zst!", "logg.txt", "x.zip!a", "output 0"} <= named
