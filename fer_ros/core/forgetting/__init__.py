"""Removing a person from everything that is kept: each place that may hold one says how, and a search proves it."""
