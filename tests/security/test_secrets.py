"""Passwords and addresses that are secrets are used, and found nowhere afterwards, neither kept nor said."""

from __future__ import annotations

import base64
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
import zstandard

from tests.notices.sinks import CERTIFICATE, mail_server, web_server
from tests.small import CATALOG, Ended, dataset, kolada, malbild

MAIL, HOOK, PROXY, ADDRESS = "Brev-Hemlig+1", "krok-hemlig-2", "ombud-hemlig-3", "adress-hemlig-4"


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


def found(folder: Path, said: list[Ended]) -> list[str]:
    """Where a secret stands, or is said."""
    forms = [form for secret in (MAIL, HOOK, PROXY, ADDRESS) for form in written(secret)]
    places = [*contents(folder), *((f"output {n}", f"{e.out}{e.err}".encode()) for n, e in enumerate(said))]
    return [where for where, content in places if any(form in content for form in forms)]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Ended], list[tuple[str, str, bool]], list[str]]:
    """A data dir after a good night, one through a proxy that is not there, one that is refused, and a backup; what
    was said; who logged in; and what was posted.
    """
    folder = tmp_path_factory.mktemp("hemligt")
    data_dir = folder / "data"
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
        options = ["--data-dir", data_dir, "--katalog", CATALOG]
        with kolada(dataset()) as url:
            said = [malbild("run", *options, "--kolada-url", url, **environment)]
        assert said[0].code == 0, said[0].err
        # Kolada is there, the proxy is not: the night fails, and a notice of it goes out.
        said.append(
            malbild(
                "run",
                *options,
                "--kolada-url",
                "https://localhost:1/v3",
                "--debug",
                **{**environment, "NO_PROXY": "127.0.0.1"},
            )
        )
        assert said[1].code == 3, said[1].err
        address = f"https://malbild:{ADDRESS}@api.kolada.se/v3"
        said.append(malbild("run", *options, "--kolada-url", address, **environment))
        said.append(malbild("run", *options, **environment, MALBILD_KOLADA_URL=address))
        assert [ended.code for ended in said[2:4]] == [2, 2]
        said.append(malbild("doctor", *options, "--kolada-url", "http://127.0.0.1:9/v3", **environment))
        said.append(malbild("backup", folder / "kopia.zip", *options, **environment))
        assert said[-1].code == 0, said[-1].err
        posted = [str(message) for message in hook.posted]
        posted += [str(message) for _, message in box.received]
        return folder, said, box.logins, posted


def test_the_secrets_were_used(lived: tuple[Path, list[Ended], list[tuple[str, str, bool]], list[str]]) -> None:
    """Otherwise it would be no wonder that they are found nowhere."""
    _, _, logins, posted = lived
    assert logins[0] == ("malbild", MAIL, True)
    assert len(posted) >= 2


def test_no_secret_is_kept_or_said(lived: tuple[Path, list[Ended], list[tuple[str, str, bool]], list[str]]) -> None:
    folder, said, _, posted = lived
    assert found(folder, said) == []
    assert [text for text in posted for secret in (MAIL, HOOK, PROXY, ADDRESS) if secret in text] == []
    assert len([path for path in folder.rglob("*") if path.suffix in (".zst", ".log", ".db", ".duckdb")]) > 5


def test_a_secret_that_is_kept_would_be_found(tmp_path: Path) -> None:
    for number, secret in enumerate((MAIL, HOOK, PROXY, ADDRESS)):
        packed = zstandard.ZstdCompressor().compress(f"se {secret} här".encode())
        (tmp_path / f"{number}.zst").write_bytes(packed)
    (tmp_path / "logg.txt").write_bytes(b"AUTH " + base64.b64encode(f"\0malbild\0{MAIL}".encode()))
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("a", quote(MAIL, safe=""))
    named = {Path(where).name for where in found(tmp_path, [Ended(0, "", PROXY)])}
    assert {"0.zst!", "1.zst!", "2.zst!", "3.zst!", "logg.txt", "x.zip!a", "output 0"} <= named
