"""A month: thirty nights on one data dir with five kinds of failure, by the command line, as IT meets them.

After every night what was posted, `halsa.json` and `malbild doctor` are held against what is on disk. Part of `make
night`; `pytest -s` prints what each notice said.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.clock import swedish
from pipelines.locks import hold_data_dir
from pipelines.standin.dataset import Dataset
from pipelines.standin.faults import Fault
from tests.faults.limits import disk_full_at_3_mb
from tests.notices.sinks import Hook, web_server
from tests.season import all_plus_one, first_kolada, with_figures
from tests.small import CATALOG, Finished, kolada, limited

FINE, QUIET, UNREACHABLE, STOPPED, BROKEN_YAML, DISK_FULL, BUSY = (
    *("nya värden", "inget nytt", "Kolada onåbar", "en kontroll stoppar", "trasig YAML", "full disk", "upptagen"),
)
CODE = {FINE: 0, QUIET: 0, UNREACHABLE: 3, STOPPED: 4, BROKEN_YAML: 2, DISK_FULL: 1, BUSY: 5}
MONTH = (
    *(DISK_FULL, FINE, QUIET, QUIET, UNREACHABLE, UNREACHABLE, UNREACHABLE, QUIET, FINE, BROKEN_YAML),
    *(BROKEN_YAML, QUIET, STOPPED, STOPPED, FINE, QUIET, BUSY, QUIET, DISK_FULL, DISK_FULL),
    *(FINE, QUIET, UNREACHABLE, BROKEN_YAML, DISK_FULL, STOPPED, FINE, BUSY, UNREACHABLE, FINE),
)


@dataclass
class Month:
    """A data dir, its catalogue, and where its notices go. `expected`: what Kolada serves, revised with every night
    that brings news.
    """

    folder: Path
    hook: Hook
    served: Dataset = field(default_factory=first_kolada)
    revisions: int = 0

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def catalog(self) -> Path:
        return self.folder / "katalog"

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MALBILD_WEBHOOK": f"http://127.0.0.1:{self.hook.port}/",
            "MALBILD_WEBHOOK_FORM": "slack",
            # In so small a Kolada few values are a large share.
            "MALBILD_ANDRAD_ANDEL": "0.9",
            "MALBILD_TALAMOD": "0.5",
        }

    def run(self, url: str, within: Callable[[], None] | None = None, **environment: str) -> Finished:
        line = ("run", "--kolada-url", url, "--data-dir", self.data_dir, "--katalog", self.catalog)
        return limited(line, {**self.environment, **environment}, within)

    def news(self) -> Dataset:
        self.revisions += 1
        return with_figures(self.served, {("U00001", "0484", 2024): 30.0 + self.revisions})

    def play(self, kind: str) -> Finished:
        """One night of this kind."""
        within: Callable[[], None] | None = None
        faults: tuple[Fault, ...] = ()
        around: AbstractContextManager[object] = nullcontext()
        served = self.served
        if kind in (FINE, DISK_FULL):
            served = self.served = self.news()
        if kind == STOPPED:
            served = all_plus_one(self.served)
        if kind == UNREACHABLE:
            faults = (Fault("/", "status", times=None),)
        if kind == DISK_FULL:
            within = disk_full_at_3_mb
        if kind == BROKEN_YAML:
            around = broken(self.catalog / "indikatorer.yaml")
        if kind == BUSY:
            around = hold_data_dir(self.data_dir)
        with kolada(served, *faults) as url, around:
            return self.run(url, within)

    def readers_see(self) -> str | None:
        """A digest of what is published: database, a report's first page, a file of the exports; None: nothing."""
        files = ("analys.duckdb", "rapport/utkast/index.html", "export/datapackage.json")
        paths = [self.data_dir / name for name in files]
        there = [path.exists() for path in paths]
        assert all(there) or not any(there), "a part is published without the rest"
        if not all(there):
            return None
        return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()

    def published_at(self) -> str:
        written = datetime.fromtimestamp((self.data_dir / "analys.duckdb").stat().st_mtime, UTC)
        return f"{swedish(written.replace(tzinfo=None)):%Y-%m-%d %H.%M}"


@contextmanager
def broken(file: Path) -> Iterator[None]:
    """A key of the YAML is misspelt."""
    text = file.read_text()
    file.write_text(text.replace("riktning:", "rigtning:", 1))
    yield
    file.write_text(text)


def test_a_month_of_nights_says_what_is_so(tmp_path: Path) -> None:
    shutil.copytree(CATALOG, tmp_path / "katalog")
    with web_server() as hook:
        month = Month(tmp_path, hook)
        last_failure: str | None = None
        good: str | None = None
        for number, kind in enumerate(MONTH, start=1):
            before, posted = month.readers_see(), len(hook.posted)
            began = datetime.now(UTC).replace(tzinfo=None)
            ended = month.play(kind)
            after = month.readers_see()
            texts = [message["text"] for message in hook.posted[posted:]]
            where = f"night {number}, {kind}: {ended.err}\n{texts}"

            assert ended.code == CODE[kind], where
            assert (after != before) == (kind == FINE), where
            failures = [text for text in texts if "(kod " in text]
            if ended.code in (0, CODE[BUSY]):
                assert failures == [], where
            else:
                # The same failure the night after is no news.
                assert len(failures) == (kind != last_failure), where
            for text in failures:
                assert f"(kod {ended.code})" in text, where
                if after is None:
                    assert "Inget har publicerats ännu." in text, where
                else:
                    assert re.search(rf"från {re.escape(month.published_at())}; inget av det är rört", text), where
                assert str(month.data_dir) in text, where
                assert "Att göra: " in text, where
                log = re.search(r"^Logg: (.*)$", text, re.MULTILINE)
                # A night that could not begin has no log.
                assert (log is not None) == (kind != BROKEN_YAML), where
                assert log is None or Path(log[1]).is_file(), where
            mended = [text for text in texts if "fungerar igen" in text]
            assert len(mended) == (ended.code == 0 and last_failure is not None), where
            if ended.code == 0:
                last_failure = None
            elif kind != BUSY:
                last_failure = kind

            health = json.loads((month.data_dir / "halsa.json").read_text())
            if ended.code == 0:
                good = health["senaste_goda_natt"]
                assert good >= began.isoformat(timespec="seconds"), where
            assert health["senaste_goda_natt"] == good, where
            # A night that could not begin is in no journal.
            if kind not in (BROKEN_YAML, BUSY):
                run = health["senaste_korning"]
                assert (run["utfall"] == "klar") == (ended.code == 0), where
                assert (run["felmeddelande"] or "")[-60:] in " ".join(ended.err.split()), where
            published = "nytt" if after != before else "som förut"
            print(f"| {number} | {kind} | {ended.code} | {published} | {said(texts)} |")  # noqa: T201 - for pytest -s


def said(texts: list[str]) -> str:
    """Each notice without what is synthetic, what to do and where it comes from."""
    unsaid = ("SYNTETISKA", "Att göra", "Felraden", "Maskin", "Datamapp", "Körning:", "Logg", "malbild ")
    lines = [[line for line in text.splitlines() if line and not line.startswith(unsaid)] for text in texts]
    return "; ".join(" ".join(notice) for notice in lines) or "–"
