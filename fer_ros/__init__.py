"""Facial expression recognition for ROS 2: see, record, learn and publish the emotions of people."""

__version__ = "0.1.0"
