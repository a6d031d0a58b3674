"""What the fold noticed since it was last asked: which contacts and promises changed, and how.

Promise: news are handed out once and are no part of the saved story; those of a story that was
folded anew are everything that there ever was to notice.
"""

from dataclasses import dataclass, field
from datetime import datetime

from domain.story.contacts import Contact, Transfer
from domain.story.facts import RedundantQuestion
from domain.story.issues import Mention
from domain.story.promises import Promise


@dataclass(slots=True)
class News:
    """Contacts and promises by id as they are now, the rest once each.

    `lapsed` says of each of these promises when the clock said that its due time passed.
    """

    contacts: dict[str, Contact] = field(default_factory=dict)
    mentions: dict[tuple[str, str], Mention] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    questions: list[RedundantQuestion] = field(default_factory=list)
    promises: dict[str, Promise] = field(default_factory=dict)
    lapsed: dict[str, datetime | None] = field(default_factory=dict)

    def mention(self, mention: Mention) -> None:
        """Note that a contact named an issue, or that an issue that it named was open in it."""
        named = (mention.issue_id, mention.contact_id)
        first = self.mentions.get(named, mention)
        self.mentions[named] = first._replace(was_open=mention.was_open)
