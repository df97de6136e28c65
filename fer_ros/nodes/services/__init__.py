"""Services of the recorder beside starting and stopping: what it keeps, and correcting a reading."""
