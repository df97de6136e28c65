"""Training on more faces than memory holds: their embeddings lie in Parquet files, and are read piece by piece."""
