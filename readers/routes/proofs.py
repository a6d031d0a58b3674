"""That an entry stands in what was signed, as a proof that needs neither us nor our word.

Promise: no proof is given that was not checked; the record in it names no person.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from fastapi.responses import Response

from audit.errors import NoteInvalid, NotSigned, ProofInvalid
from readers.asked import POSITION_MAX
from readers.problems import INVALID, UNAVAILABLE, described
from readers.routes.tiles import NOT_FOUND, NOTE_TYPE, PASSING
from readers.sources import Sources, sources_of

EXAMPLE = """\
c2sp.org/tlog-proof@v1
extra AQAAABAAAAAQ…
index 11
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

toldonce
1000
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— toldonce …
"""
Position = Annotated[
    int, Path(ge=1, le=POSITION_MAX, description="Position of the entry.", examples=[12])
]

router = APIRouter(tags=["proofs"], responses=described(NOT_FOUND, INVALID, UNAVAILABLE))


@router.get(
    "/proof/{position}",
    response_class=Response,
    responses={
        200: {"content": {"text/plain": {"schema": {"type": "string"}, "example": EXAMPLE}}}
    },
)
def proof(position: Position, here: Annotated[Sources, Depends(sources_of)]) -> Response:
    """Return the proof that an entry is in the newest checkpoint, as a C2SP tlog-proof.

    Whoever has the log's public key checks it, with `toldonce audit check` or any other program.
    """
    try:
        found = here.prover.inclusion(position) if here.prover else None
    except NotSigned:
        found = None
    except (NoteInvalid, ProofInvalid):
        return UNAVAILABLE.response("What is kept does not prove the entry.")
    if found is None:
        return NOT_FOUND.response("No checkpoint covers this position.")
    return Response(found.text, media_type=NOTE_TYPE, headers=PASSING)
