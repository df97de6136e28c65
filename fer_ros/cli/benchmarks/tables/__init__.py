"""What becomes of the figures: tables, limits, and the comparison with saved ones."""
