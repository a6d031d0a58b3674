"""Verification of the whole log: every byte hashed anew, and all that is counted."""
