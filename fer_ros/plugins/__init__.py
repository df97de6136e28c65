"""What can be exchanged: one plugin a file, found by its entry point and loaded only when chosen."""
