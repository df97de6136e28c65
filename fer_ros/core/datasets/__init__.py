"""Labelled pictures from elsewhere: folders, FER2013, near-duplicates, and importing them into bags."""
