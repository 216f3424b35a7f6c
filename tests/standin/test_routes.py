"""What a client sees of Kolada v3's routes, limits, paging and errors."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.standin.conftest import small_dataset

TEN_RECORDS = "N00001,N00002/municipality/0000,0004,0380,0461,0484"


TWENTY_FIVE = ",".join(f"N{n:05}" for n in range(25))


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200
    return [item["id"] for item in answer.json()["values"]]


def keys(answer: httpx.Response) -> list[tuple[str, int, str]]:
    assert answer.status_code == 200
    return [(r["kpi"], r["period"], r["municipality"]) for r in answer.json()["values"]]


def test_envelope_counts_this_page_and_ends_with_null(client: httpx.Client) -> None:
    answer = client.get("/municipality").json()
    assert answer == {
        "values": [dict(m) for m in small_dataset().municipalities],
        "next_url": None,
        "previous_url": None,
        "count": 6,
    }


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/kpi?title=äldre", ["N00001"]),
        ("/kpi?title=AVVIKELSE", ["N00002"]),
        # There is no filter on ids: the parameter is ignored, and everything comes.
        ("/kpi?id=N00002", ["N00001", "N00002", "N00003"]),
        ("/kpi/N00003,N99999,N00001", ["N00001", "N00003"]),
        ("/kpi/N99999", []),
        ("/kpi_groups", []),
        ("/municipality?title=uppsala", ["0003", "0380"]),
        ("/municipality?type=K&title=uppsala", ["0380"]),
        ("/municipality?page_size=1", ["0000", "0003", "0004", "0380", "0461", "0484"]),
        ("/municipality_groups?title=tre", ["G10"]),
        ("/municipality_groups/G9", ["G9"]),
        ("/ou?municipality=0484", []),
    ],
)
def test_catalogue_lists_and_filters(client: httpx.Client, path: str, expected: list[str]) -> None:
    assert ids(client.get(path)) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/data/kpi/N00001/municipality/0484/year/2023", [("N00001", 2023, "0484")]),
        (f"/data/kpi/{TWENTY_FIVE}/municipality/0484/year/2023", [("N00001", 2023, "0484")]),
        ("/data/kpi/N00001/municipality/0484", [("N00001", y, "0484") for y in (2023, 2024, 2025)]),
        ("/data/kpi/N00002/municipality/0004", [("N00002", 2022, "0004"), ("N00002", 2023, "0004")]),
        # Every area with a value, the groups of which some member has a row among them.
        ("/data/kpi/N00001/year/2023", [("N00001", 2023, a) for a in ("0000", "0380", "0461", "0484", "G10")]),
        ("/data/kpi/N00001/year/2023?region_type=K", [("N00001", 2023, a) for a in ("0380", "0461", "0484")]),
        ("/data/municipality/0461,G9/year/2023", [("N00001", 2023, "0461"), ("N00002", 2023, "G9")]),
        ("/data/?kpi_id=N00001&kpi_id=N00002&year=2022", [("N00002", 2022, "0004"), ("N00002", 2022, "G9")]),
        ("/data/?municipality_id=0484&year=2023", [("N00001", 2023, "0484"), ("U99999", 2023, "0484")]),
        ("/data/?kpi_id=U99999&municipality_id=0484&year=2023&year=2024", [("U99999", 2023, "0484")]),
        # Misspelt parameters are ignored; fewer than two known ones find nothing.
        ("/data/?kpi=N00001&municipality=0484", []),
        ("/data/?kpi_id=N00001", []),
        # Unknown ids, and a region KPI for a kommun, find nothing; `all` is an unknown id.
        ("/data/kpi/N99999,N00001/municipality/0484/year/2023", [("N00001", 2023, "0484")]),
        ("/data/kpi/N00002/municipality/0484", []),
        ("/data/kpi/N00001/municipality/0484/year/999999999", []),
        ("/oudata/kpi/N00001/year/2023", []),
    ],
)
def test_data_routes_find_their_records_in_order(
    client: httpx.Client, path: str, expected: list[tuple[str, int, str]]
) -> None:
    assert keys(client.get(path)) == expected


@pytest.mark.parametrize(
    "path", ["/data/kpi/N00001", "/data/municipality/0484/kpi/N00001", "/oudata/ou/", "/openapi.json", "/"]
)
def test_paths_that_kolada_lacks_are_404(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


def test_v2_is_gone_in_koladas_own_words(base: str) -> None:
    answer = httpx.get(base.removesuffix("/v3") + "/v2/data/kpi/N00001/year/2009", trust_env=False, timeout=300)
    assert answer.status_code == 410
    assert answer.text == '{"error": "This endpoint is deprecated. Please use /v3 instead."}'


def test_unfiltered_scan_of_units_times_out_at_the_gateway(client: httpx.Client) -> None:
    assert client.get("/oudata/?ou=V15E1").status_code == 504


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/kpi/?per_page=2", "/kpi?per_page=2"),
        ("/municipality_groups/?page=1&per_page=5000", "/municipality_groups?page=1&per_page=5000"),
        ("/data?kpi_id=N00001&year=2023", "/data/?kpi_id=N00001&year=2023"),
        ("/data/kpi/N00001/year/2023/", "/data/kpi/N00001/year/2023"),
    ],
)
def test_slash_variants_are_redirected(client: httpx.Client, base: str, path: str, canonical: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["location"]) == (307, base + canonical)
    assert client.get(path, follow_redirects=True).status_code == 200


TWENTY_SIX = f"{TWENTY_FIVE},N00025"
YEARS = ",".join(str(y) for y in range(2000, 2026))


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (f"/kpi/{TWENTY_SIX}", ["path", "id"]),
        (f"/data/kpi/{TWENTY_SIX}/year/2023", ["path", "kpi"]),
        (f"/data/kpi/N00001/municipality/{TWENTY_SIX}", ["path", "municipality"]),
        (f"/data/kpi/N00001/year/{YEARS}", ["path", "year"]),
        ("/data/?year=2023&" + "&".join(f"kpi_id=N{n:05}" for n in range(26)), ["query", "kpi_id"]),
        ("/kpi?per_page=5001", ["query", "per_page"]),
        ("/kpi?per_page=many", ["query", "per_page"]),
        ("/kpi?page=0", ["query", "page"]),
        ("/data/kpi/N00001/year/twenty", ["path", "year"]),
        ("/data/kpi/N00001/year/2023?from_date=2026-02-30", ["query", "from_date"]),
    ],
)
def test_over_a_limit_is_422_and_says_that_the_body_is_made_up(
    client: httpx.Client, path: str, where: list[str]
) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    (finding,) = answer.json()["detail"]
    assert set(finding) == {"type", "loc", "msg", "input"}
    assert finding["loc"] == where
    assert "made up by the stand-in" in finding["msg"]


def test_pages_follow_each_other_and_keep_the_parameters(client: httpx.Client, base: str) -> None:
    whole = client.get(f"/data/kpi/{TEN_RECORDS}").json()["values"]
    url: str | None = f"{base}/data/kpi/{TEN_RECORDS}?from_date=2000-01-01&per_page=3&unknown=%C3%A5"
    collected: list[dict[str, Any]] = []
    sizes, pages = [], []
    while url is not None:
        answer = client.get(url).json()
        collected += answer["values"]
        sizes.append(answer["count"])
        pages.append((answer["previous_url"], url))
        url = answer["next_url"]
    assert collected == whole
    assert sizes == [3, 3, 3, 1]
    assert [url for _, url in pages[1:]] == [
        f"{base}/data/kpi/{TEN_RECORDS}?from_date=2000-01-01&per_page=3&unknown=%C3%A5&page={n}" for n in (2, 3, 4)
    ]
    assert pages[0][0] is None
    first = client.get(pages[1][0] or "").json()
    assert first["values"] == whole[:3]


def test_a_last_page_that_is_full_has_no_next(client: httpx.Client) -> None:
    for path in ("/municipality?per_page=3&page=2", f"/data/kpi/{TEN_RECORDS}?per_page=5&page=2"):
        answer = client.get(path).json()
        assert answer["count"] == len(answer["values"]) in (3, 5)
        assert answer["next_url"] is None


def test_a_page_past_the_end_is_empty(client: httpx.Client, base: str) -> None:
    answer = client.get("/municipality?per_page=4&page=9").json()
    assert answer == {
        "values": [],
        "next_url": None,
        "previous_url": f"{base}/municipality?per_page=4&page=8",
        "count": 0,
    }
    assert client.get("/data/kpi/N00001/year/2023?page=2").json()["values"] == []


def test_next_url_reflects_a_forwarded_host(client: httpx.Client) -> None:
    answer = client.get("/kpi?per_page=1", headers={"X-Forwarded-Host": "proxy.example"}).json()
    assert answer["next_url"] == "http://proxy.example/v3/kpi?per_page=1&page=2"


@pytest.mark.parametrize("path", ["/kpi", "/kpi/", "/nothing", "/kpi?page=0", "/data/kpi/N00001/year/2023"])
def test_every_answer_says_what_it_is(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.headers["X-Malbild-Standin"] == "syntetisk"
    assert "kolada" not in str(answer.headers).lower()
