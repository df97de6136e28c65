"""Saves what can be read of a damaged or cut-off file into a new one, and swaps the two."""
