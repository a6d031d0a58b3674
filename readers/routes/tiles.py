"""The log's hash tree as C2SP tlog-tiles has it: with these two, everybody proves for themselves.

Tiles hold hashes alone. What is under no checkpoint is not shown.
"""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from audit.formats.tiles import Tile, parse_path, tile_at
from readers.problems import INVALID, UNAVAILABLE, described, of_status
from readers.sources import Sources, sources_of

NOT_FOUND = of_status(404)
TILE_TYPE = "application/octet-stream"
NOTE_TYPE = "text/plain; charset=utf-8"
# A checkpoint is replaced within seconds, a tile never.
PASSING = {"Cache-Control": "no-cache"}
LASTING = {"Cache-Control": "public, max-age=31536000, immutable"}

EXAMPLE = "toldonce\n1000\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— toldonce …\n"

router = APIRouter(tags=["proofs"], responses=described(NOT_FOUND, INVALID, UNAVAILABLE))
Here = Annotated[Sources, Depends(sources_of)]


@router.get(
    "/checkpoint",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}}}
    },
)
def checkpoint(here: Here) -> Response:
    """Return the newest checkpoint: a signed note with origin, size and root of the log."""
    newest = here.tree.newest() if here.tree else None
    if newest is None:
        return NOT_FOUND.response("Nothing was signed yet.")
    return Response(newest.note, media_type=NOTE_TYPE, headers=PASSING)


@router.get(
    "/tile/{path:path}",
    response_class=Response,
    responses={
        200: {
            "content": {
                TILE_TYPE: {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "32 bytes for each hash",
                }
            }
        }
    },
)
def tile(path: str, here: Here) -> Response:
    """Return the tile at `<L>/<N>`, or the first hashes of it at `<L>/<N>.p/<W>`."""
    wanted = parse_path(path)
    if wanted is None or not _is_signed(wanted, here):
        return NOT_FOUND.response("No checkpoint covers a tile of this path.")
    (content,) = here.tree.tiles([wanted]) if here.tree else [b""]
    if len(content) != wanted.byte_count:
        return UNAVAILABLE.response("The tile is damaged.")
    return Response(content, media_type=TILE_TYPE, headers=LASTING)


def _is_signed(wanted: Tile, here: Sources) -> bool:
    newest = here.tree.newest() if here.tree else None
    size = newest.size if newest else 0
    return wanted.width <= tile_at(wanted.level, wanted.number, size=size).width
