"""Which merges of this customer were undone.

Promise: an undone merge is remembered by the event that undid it.
"""

from typing import TYPE_CHECKING

from domain.events import EventData, IdentityCustomersUnmerged
from domain.story.cite import Cite, Step

if TYPE_CHECKING:
    from domain.story.story import Story


def unmerged(story: "Story", data: IdentityCustomersUnmerged, *, cite: Cite) -> None:
    """Note that a merge was undone."""
    story.unmerged[data.merge_id] = cite


STEPS: dict[type[EventData], Step] = {IdentityCustomersUnmerged: unmerged}
