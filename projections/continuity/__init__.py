"""How well the company remembers: facts of contacts, the figures they add up to, and each item."""
