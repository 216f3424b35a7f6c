"""uppfoljningar.yaml: the half-yearly issues as frozen models.

Attribute names are English, aliases are the Swedish keys of the file. What must hold between the issues is
`follow_up_rules`; what is done with an issue is `pipelines.followups`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pipelines.catalog.fields import Day, Moment, Slug
from pipelines.catalog.references import Defines, GoalAreaRef
from pipelines.yamlmodel import Model, Text

FollowUpStatus = Literal["utkast", "fryst", "fastställd"]
Body = Literal["arbetsgrupp", "beredningsgrupp", "Länsstyrgruppen", "NSV"]

DRAFT, FROZEN, DECIDED = "utkast", "fryst", "fastställd"
# The styrkedja, from the group that begins to the board that decides.
BODIES: tuple[Body, ...] = ("arbetsgrupp", "beredningsgrupp", "Länsstyrgruppen", "NSV")


class Meeting(Model):
    """A meeting of the styrkedja that handles the issue."""

    body: Body = Field(alias="instans", description="arbetsgrupp, beredningsgrupp, Länsstyrgruppen eller NSV.")
    day: Day = Field(alias="datum", description="Mötets dag: år-månad-dag.")


class Approved(Model):
    """The sentences of a målområde that somebody has approved; they stand instead of the automatic ones."""

    goal_area: GoalAreaRef = Field(alias="malomrade", description="Målområdets id i indikatorer.yaml.")
    sentences: tuple[Text, ...] = Field(
        alias="meningar", min_length=1, description="Meningarna som rapporten visar, ändrade eller oförändrade."
    )
    by: Text = Field(alias="godkand_av", description="Vem som har godkänt dem: gärna en funktion.")
    day: Day = Field(alias="datum", description="När de godkändes: år-månad-dag.")


class Rectification(Model):
    """A new version of a decided issue."""

    version: int = Field(ge=2, le=100, description="Versionens nummer; den fastställda är 1.")
    day: Day = Field(alias="datum", description="När rättelsen gjordes: år-månad-dag.")
    reason: Text = Field(alias="orsak", description="Varför, i hela meningar som läsaren förstår.")


class FollowUp(Model):
    """One of the half-yearly issues of the report."""

    id: Annotated[Slug, Defines("uppföljning")] = Field(
        description="Uppföljningens id: små bokstäver a–z, siffror och bindestreck."
    )
    number: int = Field(alias="nr", ge=1, le=1000, description="Löpande nummer, från 1.")
    name: Text | None = Field(None, alias="namn", description="Namnet på omslaget.", examples=["Höst 2026"])
    status: FollowUpStatus = Field(description="utkast, fryst eller fastställd.")
    as_of: Moment | None = Field(
        None,
        description="Vilken tid uppgifterna gäller, med tidszon och inom citationstecken; krävs när uppföljningen är "
        "fryst eller fastställd.",
        examples=["2026-11-22T04:30:00Z"],
    )
    case_number: Text | None = Field(None, alias="diarienummer", description="Ärendets diarienummer.")
    document_number: Text | None = Field(None, alias="dokumentnummer", description="Dokumentets nummer i ärendet.")
    officer: Text | None = Field(None, alias="handlaggare", description="Handläggare, som den ska stå på omslaget.")
    sent: Day | None = Field(None, alias="utskick", description="När handlingarna skickas till NSV: år-månad-dag.")
    board_day: Day | None = Field(
        None, alias="nsv_datum", description="NSV:s sammanträde där uppföljningen behandlas: år-månad-dag."
    )
    meetings: tuple[Meeting, ...] = Field(
        (), alias="moten", description="Mötena före NSV, i den ordning de hålls; varje instans en gång."
    )
    proposals: tuple[Text, ...] = Field(
        (), alias="forslag_till_beslut", description="Förslag till beslut, en punkt per rad."
    )
    decided: Day | None = Field(None, alias="faststalld", description="När den fastställdes: år-månad-dag.")
    approved: tuple[Approved, ...] = Field(
        (), alias="sammanfattning", description="Godkända meningar per målområde, i stället för de automatiska."
    )
    rectifications: tuple[Rectification, ...] = Field(
        (), alias="rattelser", description="Rättelser av den fastställda uppföljningen, den äldsta först."
    )

    @property
    def version(self) -> int:
        """The newest version."""
        return self.rectifications[-1].version if self.rectifications else 1

    @property
    def chain(self) -> tuple[Meeting, ...]:
        """The meetings with NSV's own last."""
        board = () if self.board_day is None else (Meeting(instans="NSV", datum=self.board_day),)
        return tuple(m for m in self.meetings if not board or m.body != "NSV") + board


class FollowUpFile(Model):
    """uppfoljningar.yaml as a whole."""

    version: Literal[1] = Field(description="Filens format.")
    follow_ups: tuple[FollowUp, ...] = Field(
        alias="uppfoljningar", description="Uppföljningarna, den äldsta först; [] när det inte finns någon."
    )
