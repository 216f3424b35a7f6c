"""Dagster's web server for `malbild ui`, behind a door.

Dagster asks nobody who they are, and does what any web page makes a browser send it: a plain GET may start a run. The
door lets in what this machine's own programs and Dagster's own pages send; `refusal` is how it tells them apart from
the rest.

`python -m pipelines.webserver FD WORKSPACE FORMAT`: `pipelines.ui` hands over the socket that it listens on.
"""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Whatever the port: it may be another one at the near end of a tunnel. A name that somebody else's DNS answers for is
# never one of these.
_OWN_HOST: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")
_GRAPHQL: Final = "/graphql"
_POLICY_VIOLATION: Final = 1008


def refusal(kind: str, method: str, path: str, headers: Headers) -> tuple[int, str] | None:
    """Status and reason when a request may not come in; None when it may.

    Args:
        kind: "http" or "websocket".
    """
    hosts, origin = headers.getlist("host"), headers.get("origin")
    if len(hosts) != 1 or not _OWN_HOST.fullmatch(hosts[0]):
        return 403, "this name is not the web UI's: open http://127.0.0.1 and its port"
    if origin not in (None, f"http://{hosts[0]}"):
        return 403, "another page's request"
    if headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        # A link in a mail may lead here: a page is only looked at.
        destination = (method, headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest"))
        if destination != ("GET", "navigate", "document"):
            return 403, "another page's request"
    if kind == "websocket":
        return None
    if path == _GRAPHQL and method != "POST":
        return 405, "questions are sent by POST"
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method not in ("GET", "HEAD") and content_type != "application/json":
        return 415, "what is sent is JSON (application/json)"
    return None


class Door:
    """The ASGI application behind it gets what `refusal` lets through."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        refused = refusal(kind, scope.get("method", "GET"), scope["path"], Headers(scope=scope))
        if refused is None:
            await self._app(scope, receive, send)
        elif kind == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": refused[1]})
        else:
            await PlainTextResponse(f"{refused[1]}\n", refused[0])(scope, receive, send)


def main(arguments: Sequence[str]) -> None:
    """Serve until SIGTERM."""
    import uvicorn
    from dagster import DagsterInstance
    from dagster._core.workspace.context import WorkspaceProcessContext
    from dagster._core.workspace.load_target import WorkspaceFileTarget
    from dagster._utils.log import configure_loggers
    from dagster_webserver.app import create_app_from_workspace_process_context

    descriptor, workspace, log_format = arguments
    configure_loggers(formatter=log_format, log_level="WARNING")
    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, workspace_load_target=WorkspaceFileTarget([workspace])) as context,
        socket.socket(fileno=int(descriptor)) as listener,
    ):
        app = create_app_from_workspace_process_context(context)
        # A page that is open somewhere keeps its connection for as long as it is.
        config = uvicorn.Config(Door(app), log_level="warning", timeout_graceful_shutdown=5)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1:])
