"""Removes a person from everything that is kept. Each place knows how, and a search proves it."""
