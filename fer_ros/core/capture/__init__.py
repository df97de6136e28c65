"""Running a source: retries, pacing, the newest frame, video devices, and the link to a browser that lends its camera."""
