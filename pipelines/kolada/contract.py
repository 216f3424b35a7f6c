"""What an answer from Kolada v3 must look like: how its bytes may be packed (`Body`), and what they say (`read_page`).

Types are checked while decoding: an answer that breaks them is unreadable as a whole (`UnreadableAnswerError`),
because a source that changes types has changed more than one value. So is one that says a key twice: readers disagree
about which of the two counts. Fields that Kolada adds are ignored here and stay in the raw archive. Whether a readable
value is *reasonable* is decided in `pipelines.validation`, never here.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Generic, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

T = TypeVar("T")

# What a column can hold at all.
_Whole = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]


class Page(Struct, Generic[T]):
    """The envelope of every list; `count` is the number of rows on this page."""

    values: list[T]
    count: int | UnsetType = UNSET
    next_url: str | UnsetType | None = UNSET
    # What is wrong with each row that was left out, because it is none of ours.
    skipped: list[str] = []

    def next(self) -> str | None:
        """Where the list goes on; None at its end.

        Raises UnreadableAnswerError when the answer does not say: were the field renamed, we would read first pages
        only.
        """
        if self.next_url is UNSET or self.count is UNSET:
            raise UnreadableAnswerError("the answer lacks count or next_url, so nobody knows whether it is whole")
        if self.next_url is not None and not self.next_url.strip():
            raise UnreadableAnswerError(f"next_url is {self.next_url!r}, expected an address or null")
        return self.next_url


class Value(Struct, gc=False):
    """One gender's value. Absent, null, and zero are three different things; so is a deleted one."""

    gender: str
    value: float | UnsetType | None = UNSET
    count: _Whole | UnsetType | None = UNSET
    status: str | UnsetType | None = UNSET
    isdeleted: bool | UnsetType = UNSET


class Record(Struct, gc=False):
    """One (kpi, area, period) with its genders, in any order."""

    kpi: str
    period: _Whole
    municipality: str
    values: list[Value]


class KpiRecord(Struct, frozen=True):
    """A KPI of the catalogue. Flags have been seen as booleans and as 0/1, periods as text and as numbers."""

    id: str
    title: str
    municipality_type: str
    description: str | None = None
    is_divided_by_gender: bool | int = False
    publication_date: str | None = None
    prel_publication_date: str | None = None
    publ_period: str | int | None = None


class Municipality(Struct, frozen=True):
    """A kommun (type K), or a region or riket (type L)."""

    id: str
    title: str
    type: str


class Member(Struct, frozen=True):
    member_id: str
    member_title: str


class Group(Struct, frozen=True):
    """A group of areas; its id outlives its title and its members."""

    id: str
    title: str
    members: list[Member]


class UnreadableAnswerError(Exception):
    """An answer that is not what the contract says; the message names the place in the JSON."""


class TooLargeError(Exception):
    """The body is larger than the limit."""


class Body:
    """The bytes of an answer as they travel, made into its body: sent plainly or gzipped once, up to a limit.

    Unpacked here and not by the HTTP library, which unpacks a chunk as a whole: of gzip in gzip, or zstd, a chunk of
    64 kB can hold gigabytes.

    Args:
        encoding: what Content-Encoding says.
        limit: the largest body, in bytes, unpacked.

    Raises:
        UnreadableAnswerError: the bytes are packed otherwise than by gzip, or damaged.
        TooLargeError: the body is larger than the limit.
    """

    def __init__(self, encoding: str | None, limit: int) -> None:
        name = (encoding or "identity").strip().lower()
        if name not in ("identity", "gzip", "x-gzip"):
            raise UnreadableAnswerError(f"Content-Encoding is {encoding!r}, expected gzip or none")
        self._unpack = None if name == "identity" else zlib.decompressobj(zlib.MAX_WBITS | 16)
        self._limit = limit
        self._body = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes as they came."""
        if self._unpack is None:
            self._body += chunk
        else:
            try:
                self._body += self._unpack.decompress(chunk, self._limit - len(self._body) + 1)
            except zlib.error as error:
                raise UnreadableAnswerError(f"gzip is damaged ({error})") from error
            if self._unpack.unused_data:
                raise UnreadableAnswerError("something follows after the gzipped body")
        if len(self._body) > self._limit:
            raise TooLargeError

    def whole(self) -> bytes:
        """The body, once all has come."""
        if self._unpack is not None and not self._unpack.eof:
            raise UnreadableAnswerError("gzip ends before its end")
        return bytes(self._body)


_DECODERS: dict[type, msgspec.json.Decoder[Page[object]]] = {}


def read_page(body: bytes, record: type[T], ours: Collection[str] | None = None) -> Page[T]:
    """Decode one answer. `ours`: the ids of the rows that must be as the contract says; others that are not are left
    out. None: all must.

    Raises UnreadableAnswerError.
    """
    decoder = _DECODERS.get(record)
    if decoder is None:
        decoder = _DECODERS[record] = msgspec.json.Decoder(Page[record])  # type: ignore[valid-type]
    try:
        page = decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        start = body[:60].decode("utf-8", "replace").replace("\n", " ")
        unreadable = UnreadableAnswerError(f"{error}; the answer begins {start!r}")
        if ours is None:
            raise unreadable from error
        page = _without_foreign_faults(body, record, ours, unreadable)
    if page.count is not UNSET and page.count != len(page.values) + len(page.skipped):
        raise UnreadableAnswerError(f"count says {page.count} but {len(page.values)} rows came")
    if not _plainly_said_once(body, page):
        _refuse_doubled(body)
    return page  # type: ignore[return-value]


class _Named(Struct):
    id: str


def _without_foreign_faults(
    body: bytes, record: type[object], ours: Collection[str], unreadable: UnreadableAnswerError
) -> Page[object]:
    """The page without the rows that break the contract and are none of ours. Raises `unreadable` when one is ours, or
    when the answer is no page at all.
    """
    try:
        raw = msgspec.json.decode(body, type=Page[msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise unreadable from None
    page: Page[object] = Page([], raw.count, raw.next_url)
    for row in raw.values:
        try:
            page.values.append(msgspec.json.decode(row, type=record))
        except msgspec.DecodeError as error:
            name = _name_of(row)
            if name in ours:
                raise unreadable from None
            page.skipped.append(f"{name or 'no id'}: {error}")
    return page


def _name_of(row: msgspec.Raw) -> str | None:
    try:
        return msgspec.json.decode(row, type=_Named).id
    except msgspec.DecodeError:
        return None


def all_stated(records: Sequence[Record]) -> bool:
    """Whether every record has values, and every value its field `value`, be it null."""
    return all(record.values and all(value.value is not UNSET for value in record.values) for record in records)


def _plainly_said_once(body: bytes, page: Page[object]) -> bool:
    """Whether counting alone proves that no key of ours stands twice in one object of an answer with values.

    Reading every answer of a night a second time would take longer than fetching them. Without a backslash a key can be
    written in one way only.
    """
    records = [record for record in page.values if isinstance(record, Record)]
    if b"\\" in body or len(records) < len(page.values):
        return False
    values = [value for record in records for value in record.values]
    expected = {
        "values": 1 + len(records),
        "count": (page.count is not UNSET) + sum(value.count is not UNSET for value in values),
        "next_url": int(page.next_url is not UNSET),
        **dict.fromkeys(("kpi", "period", "municipality"), len(records)),
        "gender": len(values),
        "value": sum(value.value is not UNSET for value in values),
        "status": sum(value.status is not UNSET for value in values),
        "isdeleted": sum(value.isdeleted is not UNSET for value in values),
    }
    return all(body.count(f'"{key}"'.encode()) == number for key, number in expected.items())


def _refuse_doubled(body: bytes) -> None:
    try:
        # Numbers stay text: they have been read, and what nobody asked for may be longer than Python reads.
        json.loads(body, object_pairs_hook=_single, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise UnreadableAnswerError(f"the answer is no JSON in its ignored parts ({error})") from error


def _single(pairs: Sequence[tuple[str, object]]) -> Mapping[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        doubled = next(key for key in keys if keys.count(key) > 1)
        raise UnreadableAnswerError(f"the key {doubled!r} stands twice in one object")
    return members
