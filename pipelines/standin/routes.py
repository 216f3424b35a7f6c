"""Kolada v3 as routes over a dataset: paths, limits, paging and error bodies.

What a query finds is `records`; faults on demand, the request log and the sockets are `faults` and `server`. Bodies
that no one has recorded from Kolada (422, 504) say that the stand-in made them up. Groups of KPIs and organisational
units are served as empty registers: right in form, with no rows.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from pipelines.standin.dataset import Dataset
from pipelines.standin.records import Query, RecordStore

MAX_IDS = 25
MAX_PER_PAGE = 5000

_GONE = b'{"error": "This endpoint is deprecated. Please use /v3 instead."}'
_DATA_PATHS = (
    "/v3/data/kpi/{kpi}/municipality/{municipality}/year/{year}",
    "/v3/data/kpi/{kpi}/municipality/{municipality}",
    "/v3/data/kpi/{kpi}/year/{year}",
    "/v3/data/municipality/{municipality}/year/{year}",
)
_OU_DATA_PATHS = (
    "/v3/oudata/kpi/{kpi}/ou/{ou}/year/{year}",
    "/v3/oudata/kpi/{kpi}/ou/{ou}",
    "/v3/oudata/kpi/{kpi}/year/{year}",
    "/v3/oudata/ou/{ou}/year/{year}",
    "/v3/oudata/municipality/{municipality}/year/{year}",
)


class UnprocessableError(Exception):
    """A request over a limit or with a value of the wrong kind: answered with 422."""

    def __init__(self, place: str, name: str, value: str, expected: str) -> None:
        self.detail = {
            "type": "value_error",
            "loc": [place, name],
            "msg": f"{expected} (message made up by the stand-in: Kolada's own wording is unknown)",
            "input": value,
        }


def kolada_v3(dataset: Dataset) -> Starlette:
    """The routes of Kolada v3 for `dataset`, and v2's farewell. Slash variants are redirected (307)."""
    store = RecordStore(dataset)

    async def data(request: Request) -> Response:
        given = {name: _path_ids(request, name) for name in ("kpi", "municipality", "year")}
        return await _data_page(store, request, given)

    async def data_by_query(request: Request) -> Response:
        given = {name: _query_ids(request, f"{name}_id") for name in ("kpi", "municipality")}
        given["year"] = _query_ids(request, "year")
        if sum(ids is not None for ids in given.values()) < 2:
            return _page(request, ())
        return await _data_page(store, request, given)

    return Starlette(
        routes=[
            *_catalogue("kpi", dataset.kpis),
            *_catalogue("kpi_groups", ()),
            *_catalogue("municipality", dataset.municipalities, {"type": "type", "region_type": "type"}),
            *_catalogue("municipality_groups", dataset.groups),
            *_catalogue("ou", ()),
            *(Route(path, data) for path in _DATA_PATHS),
            Route("/v3/data/", data_by_query),
            *(Route(path, _ou_data) for path in _OU_DATA_PATHS),
            Route("/v3/oudata/", _ou_data_by_query),
            Route("/v2/{rest:path}", _gone),
        ],
        exception_handlers={HTTPException: _http_error, UnprocessableError: _unprocessable},
    )


def _catalogue(
    name: str, objects: Sequence[dict[str, Any]], equal: Mapping[str, str] | None = None
) -> tuple[Route, Route]:
    """A list and its objects by id. `equal`: query parameter → the field that must have its value."""

    async def listing(request: Request) -> Response:
        title = request.query_params.get("title", "").casefold()
        chosen = [item for item in objects if title in item["title"].casefold()]
        for parameter, field in (equal or {}).items():
            wanted = request.query_params.get(parameter)
            chosen = [item for item in chosen if wanted is None or item[field] == wanted]
        return _page(request, chosen)

    async def by_id(request: Request) -> Response:
        ids = set(_path_ids(request, "id") or ())
        return _page(request, [item for item in objects if item["id"] in ids])

    return Route(f"/v3/{name}", listing), Route(f"/v3/{name}/{{id}}", by_id)


async def _data_page(store: RecordStore, request: Request, given: Mapping[str, Sequence[str] | None]) -> Response:
    page, per_page = _paging(request)
    query = Query(
        kpis=_set(given["kpi"]),
        areas=_set(given["municipality"]),
        years=_years(given["year"]),
        from_date=_from_date(request),
        region_type=request.query_params.get("region_type"),
    )
    # In a thread: several requests are computed at once, as they are at Kolada.
    records = await to_thread.run_sync(store.find, query)
    text, count = await to_thread.run_sync(records.page, (page - 1) * per_page, per_page)
    return _envelope(request, text.encode(), count, len(records))


async def _ou_data(request: Request) -> Response:
    for name in ("kpi", "ou", "municipality"):
        _path_ids(request, name)
    _years(_path_ids(request, "year"))
    _from_date(request)
    return _page(request, ())


async def _ou_data_by_query(request: Request) -> Response:
    given = [_query_ids(request, name) for name in ("kpi_id", "ou_id", "year")]
    if not any(given):
        raise HTTPException(504, "Gateway Timeout (made up by the stand-in: an unfiltered scan never ends)")
    _years(given[2])
    _from_date(request)
    return _page(request, ())


def _page(request: Request, objects: Sequence[dict[str, Any]]) -> Response:
    page, per_page = _paging(request)
    page_objects = objects[(page - 1) * per_page : page * per_page]
    return _envelope(request, msgspec.json.encode(page_objects)[1:-1], len(page_objects), len(objects))


def _envelope(request: Request, texts: bytes, count: int, total: int) -> Response:
    """`count` is the length of this page; the total is given nowhere."""
    page, per_page = _paging(request)
    following = _url(request, page + 1) if page * per_page < total else None
    previous = _url(request, page - 1) if page > 1 else None
    tail = msgspec.json.encode({"next_url": following, "previous_url": previous, "count": count})
    return Response(b'{"values":[' + texts + b"]," + tail[1:], media_type="application/json")


def _url(request: Request, page: int) -> str:
    """The request's own URL with another page. Kolada takes the host from X-Forwarded-Host if there is one."""
    host = request.headers.get("x-forwarded-host", request.headers["host"])
    query = request.scope["query_string"].decode("ascii")
    parameters = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "page"]
    path = request.scope["raw_path"].decode("ascii")
    return f"{request.url.scheme}://{host}{path}?{urlencode([*parameters, ('page', str(page))])}"


def _paging(request: Request) -> tuple[int, int]:
    per_page = _whole_number(request, "per_page", MAX_PER_PAGE)
    if not 1 <= per_page <= MAX_PER_PAGE:
        raise UnprocessableError("query", "per_page", str(per_page), f"Input should be from 1 to {MAX_PER_PAGE}")
    page = _whole_number(request, "page", 1)
    if page < 1:
        raise UnprocessableError("query", "page", str(page), "Input should be 1 or more")
    return page, per_page


def _whole_number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    # Nine digits hold every page there can be; more would not be a number for the machinery behind.
    if re.fullmatch(r"-?[0-9]{1,9}", text) is None:
        raise UnprocessableError("query", name, text, "Input should be a valid integer")
    return int(text)


def _path_ids(request: Request, name: str) -> Sequence[str] | None:
    """The comma list of a path segment; None when the path has no such segment."""
    text = request.path_params.get(name)
    return None if text is None else _at_most_25("path", name, text.split(","))


def _query_ids(request: Request, name: str) -> Sequence[str] | None:
    """A list given as repeated parameters; None when there is none."""
    return _at_most_25("query", name, request.query_params.getlist(name)) or None


def _at_most_25(place: str, name: str, ids: Sequence[str]) -> Sequence[str]:
    if len(ids) > MAX_IDS:
        raise UnprocessableError(place, name, ",".join(ids), f"List should have at most {MAX_IDS} items")
    return ids


def _years(texts: Sequence[str] | None) -> frozenset[int] | None:
    for text in texts or ():
        if re.fullmatch(r"[0-9]{1,9}", text) is None:
            raise UnprocessableError("path", "year", text, "Input should be a valid integer")
    return None if texts is None else frozenset(int(text) for text in texts)


def _from_date(request: Request) -> date | None:
    text = request.query_params.get("from_date")
    if text is None:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is None:
            raise ValueError(text)
        return date.fromisoformat(text)
    except ValueError as error:
        raise UnprocessableError("query", "from_date", text, "Input should be a date, YYYY-MM-DD") from error


def _set(ids: Sequence[str] | None) -> frozenset[str] | None:
    return None if ids is None else frozenset(ids)


async def _gone(request: Request) -> Response:
    return Response(_GONE, 410, media_type="application/json")


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    body = msgspec.json.encode({"detail": error.detail})
    return Response(body, error.status_code, error.headers, media_type="application/json")


async def _unprocessable(request: Request, error: Exception) -> Response:
    assert isinstance(error, UnprocessableError)
    return Response(msgspec.json.encode({"detail": [error.detail]}), 422, media_type="application/json")
