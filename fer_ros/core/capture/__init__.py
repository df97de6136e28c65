"""Running a source: retries, pacing, video devices, and the link to a browser that lends its camera."""
