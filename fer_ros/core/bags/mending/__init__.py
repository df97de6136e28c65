"""Saving what can be read of a damaged or cut-off file into a new one, and letting the two change places."""
