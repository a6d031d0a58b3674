"""Measurements of ToldOnce against yardsticks in the same run. `make bench` runs them all."""
