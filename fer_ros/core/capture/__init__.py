"""Running a source: retries, pacing, the newest frame, video devices, the link to a browser that lends its camera."""
