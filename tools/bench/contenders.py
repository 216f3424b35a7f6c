"""The clients that are measured side by side, each as a program of its own: imports and memory count alike for all.

    python -m tools.bench.contenders NAME URL GRIDS

GRIDS: a JSON file with `Grid`s. Prints how many values came.
"""

from __future__ import annotations

import asyncio
import http.client
import logging
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import msgspec

# Years that in-house scripts ask for one by one: those of the archive.
YEARS = range(1994, 2023)
CONNECTIONS = 3


class Grid(msgspec.Struct, frozen=True):
    """KPIs and the areas that they are asked of."""

    kpis: list[str]
    areas: list[str]


def malbild(url: str, grids: list[Grid]) -> int:
    """Our own client: fetched, checked, archived."""
    from pipelines.kolada.archive import Entry, RawArchive
    from pipelines.kolada.client import Answer, KoladaClient
    from pipelines.kolada.fetch import fetch_batches
    from pipelines.kolada.plan import Batch, id_lists

    batches = [Batch(k, a) for grid in grids for k in id_lists(grid.kpis) for a in id_lists(grid.areas)]
    records = 0

    def count(answer: Answer, _: bool) -> None:
        nonlocal records
        records += answer.records

    async def fetch(folder: Path) -> None:
        archive = RawArchive(folder)

        def store(url: str, status: int, body: bytes, received: datetime) -> str:
            digest = archive.store_blob(body)
            archive.log("prov", Entry(received, digest, len(body), url=url, status=status))
            return digest

        async with KoladaClient(url, store) as client:
            await fetch_batches(client, batches, count)

    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(fetch(Path(folder)))
    return records


def limit(url: str, grids: list[Grid]) -> int:
    """The same answers over as many connections, decoded, and nothing else."""
    from pipelines.kolada.contract import Record, read_page
    from pipelines.kolada.plan import PER_PAGE, Batch, id_lists

    parts = urlsplit(url)
    queue: SimpleQueue[str] = SimpleQueue()
    for grid in grids:
        for kpis in id_lists(grid.kpis):
            for areas in id_lists(grid.areas):
                queue.put(f"{parts.path}{Batch(kpis, areas).path}?per_page={PER_PAGE}")
    counts: list[int] = []

    def work() -> None:
        connection = http.client.HTTPConnection(parts.netloc)
        while True:
            try:
                target: str | None = queue.get_nowait()
            except Empty:
                return
            while target:
                connection.request("GET", target)
                page = read_page(connection.getresponse().read(), Record)
                counts.append(len(page.values))
                next_url = page.next()
                target = next_url and next_url.removeprefix(f"{parts.scheme}://{parts.netloc}")

    threads = [threading.Thread(target=work) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def koladapy(url: str, grids: list[Grid], per_second: float = 5.0) -> int:
    """koladapy as it comes: one request at a time, at most five a second."""
    from koladapy import KoladaAPI

    logging.disable(logging.WARNING)
    api = KoladaAPI(base_url=f"{url}/", max_requests_per_second=per_second)
    return sum(len(api.get_values(kpi_id=grid.kpis, municipality_id=grid.areas)) for grid in grids)


def koladapy_unthrottled(url: str, grids: list[Grid]) -> int:
    """koladapy without its own limit of requests."""
    return koladapy(url, grids, 1e6)


def by_year(url: str, grids: list[Grid]) -> int:
    """What in-house scripts do: a request for every KPI and year, one after another."""
    import requests

    records = 0
    with requests.Session() as session:
        for kpi in sorted({kpi for grid in grids for kpi in grid.kpis}):
            for year in YEARS:
                target = f"{url}/data/kpi/{kpi}/year/{year}?per_page=5000"
                while target:
                    page = session.get(target, timeout=30).json()
                    records += len(page["values"])
                    target = page["next_url"]
    return records


CONTENDERS: dict[str, Callable[[str, list[Grid]], int]] = {
    "malbild": malbild,
    "limit": limit,
    "koladapy": koladapy,
    "koladapy_unthrottled": koladapy_unthrottled,
    "by_year": by_year,
}


def main() -> None:
    name, url, file = sys.argv[1:]
    grids = msgspec.json.decode(Path(file).read_bytes(), type=list[Grid])
    print(CONTENDERS[name](url, grids))


if __name__ == "__main__":
    main()
