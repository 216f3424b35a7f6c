"""What a running `malbild ui` says of its daemon and schedules, asked of Dagster's web server on loopback (GraphQL).

Dagster's files are not opened: they belong to the daemon, and whoever opens them leaves files there that it could not
open then. Its Python is not loaded either: that takes longer than all of `malbild doctor`.
"""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_QUERY: Final = """{
  instance { daemonHealth { daemonStatus(daemonType: "SCHEDULER") { healthy } } }
  workspaceOrError { ... on Workspace { locationEntries { locationOrLoadError {
    ... on PythonError { message }
    ... on RepositoryLocation { repositories { schedules { name scheduleState { status } } } }
  } } } }
}"""


class WebUIError(Exception):
    """The web server did not answer, or not as Dagster 1.13 does when it has loaded the program."""


@dataclass(frozen=True, slots=True)
class State:
    """Whether the scheduler has been heard of lately, which schedules somebody has turned off, and why the program
    could not be loaded (None: it was).
    """

    scheduler_healthy: bool
    stopped_schedules: list[str]
    load_error: str | None


def state(address: str, patience: float) -> State:
    """Ask the web server at `address`, within `patience` seconds. Raises WebUIError."""
    # http.client, because it knows of no proxies: the address is this machine's own.
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=patience)
    try:
        connection.request("POST", "/graphql", json.dumps({"query": _QUERY}), {"Content-Type": "application/json"})
        data = json.loads(connection.getresponse().read())["data"]
        entries = data["workspaceOrError"]["locationEntries"]
        # None while a location is being loaded.
        locations = [entry["locationOrLoadError"] or {} for entry in entries]
        repositories = [repository for location in locations for repository in location.get("repositories", [])]
        schedules = [schedule for repository in repositories for schedule in repository["schedules"]]
        load_error = next((location["message"] for location in locations if "message" in location), None)
        if not schedules and load_error is None:
            raise WebUIError("the program is being loaded")
        return State(
            data["instance"]["daemonHealth"]["daemonStatus"]["healthy"] is True,
            [schedule["name"] for schedule in schedules if schedule["scheduleState"]["status"] == "STOPPED"],
            load_error,
        )
    except (OSError, http.client.HTTPException, ValueError, LookupError, TypeError, AttributeError) as error:
        raise WebUIError(f"{type(error).__name__}: {error}") from error
    finally:
        connection.close()
