"""Measuring a model: reading a dataset, figures with their intervals, robustness, near-duplicates, the report."""
