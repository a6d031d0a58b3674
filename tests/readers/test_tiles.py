"""Whoever has only /checkpoint and /tile verifies every entry of the log."""

from __future__ import annotations
