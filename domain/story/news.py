"""What the fold noticed since it was last asked: which contacts changed, and what happened in them.

Promise: news are handed out once and are no part of the saved story; those of a story that was
folded anew are everything that there ever was to notice.
"""

from dataclasses import dataclass, field

from domain.story.contacts import Contact, Transfer
from domain.story.facts import RedundantQuestion
from domain.story.issues import Mention


@dataclass(slots=True)
class News:
    """Contacts by id as they are now, and each mention, transfer and redundant question once."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    mentions: dict[tuple[str, str], Mention] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    questions: list[RedundantQuestion] = field(default_factory=list)

    def mention(self, mention: Mention) -> None:
        """Note that a contact named an issue, or that an issue that it named was open in it."""
        named = (mention.issue_id, mention.contact_id)
        first = self.mentions.get(named, mention)
        self.mentions[named] = first._replace(was_open=mention.was_open)
