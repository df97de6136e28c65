"""Discarded things that can still be brought back. It knows files and folders, not bags."""
