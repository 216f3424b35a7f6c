"""What a field of the YAML files may hold, whatever the file: ids, addresses, numbers, days, times.

Texts, ja and nej, and the base of the models are `yamlmodel`. What the files say with them is `model`, `follow_ups` and
`activities`.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from pipelines.yamlfile import iso_date

KPI_PATTERN = r"^[NU][0-9]{5}$"
AREA_PATTERN = r"^[0-9]{4}$"
GROUP_PATTERN = r"^G[0-9]+$"
# Indikator and målområde become names of assets, and Dagster takes ASCII only.
NAME_PATTERN = r"^[a-z][a-z0-9_]*$"
SLUG_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
# Addresses become IRIs in the catalogue of open data, where a blank or a bracket would end them.
ADDRESS_PATTERN = r"^https?://[^\s<>\"{}|\\^`]+$"
FOLDER_PATTERN = r"^https?://[^\s<>\"{}|\\^`?#]+/$"
EMAIL_PATTERN = r"^[^\s<>@\":;,?#]+@[^\s<>@\":;,?#]+\.[^\s<>@\":;,?#]+$"

KpiId = Annotated[str, StringConstraints(pattern=KPI_PATTERN)]
AreaId = Annotated[str, StringConstraints(pattern=AREA_PATTERN)]
GroupId = Annotated[str, StringConstraints(pattern=GROUP_PATTERN)]
Name = Annotated[str, StringConstraints(pattern=NAME_PATTERN)]
Slug = Annotated[str, StringConstraints(pattern=SLUG_PATTERN)]
Address = Annotated[str, StringConstraints(pattern=ADDRESS_PATTERN)]
FolderAddress = Annotated[str, StringConstraints(pattern=FOLDER_PATTERN)]
Email = Annotated[str, StringConstraints(pattern=EMAIL_PATTERN)]
# As wide as the first column of the report's first page.
ShortName = Annotated[str, StringConstraints(pattern=r"\S", max_length=42)]
Number = Annotated[float, Field(allow_inf_nan=False)]

Decision = Literal["föreslagen", "beslutad"]


def _day(value: object) -> date:
    day = iso_date(value) if isinstance(value, str) else value
    if isinstance(day, date):
        return day
    raise PydanticCustomError("iso_date", "expected a date")


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


def _moment(value: object) -> datetime:
    """A time with its zone, as UTC, naive."""
    try:
        when = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        if when.tzinfo is not None:
            return when.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        pass
    raise PydanticCustomError("iso_time", "expected a time with its zone")


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
