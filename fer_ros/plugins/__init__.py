"""The exchangeable parts: one plugin a file, found by its entry point and loaded only when chosen."""
