"""What a story is made of: values that are saved as MessagePack and read back as they were.

A story has thousands of them, and most hold few of their members: these cost nothing to save, and
the garbage collector need not look at what never points back.
"""

from msgspec import Struct


class Saved(Struct, omit_defaults=True, gc=False):
    """A part of a story; a member that has its first value is left out of what is saved."""
