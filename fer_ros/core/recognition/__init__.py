"""Reading a frame: from a picture to emotions, smoothed over time, drawn, and handed to the sinks."""
