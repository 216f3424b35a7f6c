"""What every model of a YAML file is made of: the base class, texts, ja and nej.

The files of the målbild have their models in `catalog`, those of the warehouse's schema in `warehouse.schema`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

TEXT_PATTERN = r"\S"

Text = Annotated[str, StringConstraints(pattern=TEXT_PATTERN)]


def _yes_no(value: object) -> bool:
    if value == "ja":
        return True
    if value == "nej":
        return False
    raise PydanticCustomError("yes_no", "expected ja or nej")


YesNo = Annotated[bool, BeforeValidator(_yes_no), WithJsonSchema({"enum": ["ja", "nej"]})]


class Model(BaseModel):
    """Cannot be changed, and refuses keys and types that it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
