"""The story of a customer: the fold of all events, in the order in which they happened."""

from domain.story.folding import apply, fold
from domain.story.news import News
from domain.story.story import Story, dump, load, load_whole, new_story, take_news

__all__ = ["News", "Story", "apply", "dump", "fold", "load", "load_whole", "new_story", "take_news"]
