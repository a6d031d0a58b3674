"""The commands, one module a group.

Their bodies import what they need, so that `toldonce --help` answers at once.
"""
