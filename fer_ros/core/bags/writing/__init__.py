"""The folder of a bag open for writing, and what happens to its takes if it is moved or removed."""
