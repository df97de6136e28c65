"""The recogniser, samples, training, metrics and model bundles: plain Python, no ROS import."""
