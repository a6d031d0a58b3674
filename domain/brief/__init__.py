"""The brief: what a person sees when a customer calls. The same inputs give the same bytes."""

from domain.brief.document import brief, incomplete
from domain.canonical import canonical as canonical_json

__all__ = ["brief", "canonical_json", "incomplete"]
