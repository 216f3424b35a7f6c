"""One cheap question to Kolada, through the client that the night uses: is it there, and does it answer as agreed?

A process of its own (`python -m pipelines.operation.reach URL`), because a name server that does not answer cannot be
interrupted from within one.
"""

from __future__ import annotations

import asyncio
import sys

from pipelines.errors import SourceError
from pipelines.kolada.client import KoladaClient, store_nothing
from pipelines.kolada.contract import Municipality

# Riket: the one area that every vintage has had.
_QUESTION = "/municipality/0000"


async def _ask(url: str) -> str:
    # Patience 0: one try, no second one.
    async with KoladaClient(url, store_nothing, patience=0.0) as client:
        rows = [row async for _, page in client.pages(_QUESTION, Municipality) for row in page]
    if not rows:
        raise SourceError(f"Kolada: {url}{_QUESTION} is empty, expected one area → check --kolada-url")
    return f"{url} answers"


def main() -> int:
    """Print what Kolada answered, or why it did not. Exit code 0 or SourceError's."""
    try:
        sys.stdout.write(asyncio.run(_ask(sys.argv[1])))
    except SourceError as error:
        sys.stdout.write(" ".join(str(error).split()))
        return SourceError.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
