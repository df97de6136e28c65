"""The folder of a bag that is open for writing, and what becomes of its takes when it is moved or removed."""
