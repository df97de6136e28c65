"""Pictures and faces: decoding, crops, tracks, running a network, and what a poor camera does to a picture."""
