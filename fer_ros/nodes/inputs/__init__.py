"""Subscribing to images: transports, QoS, what is dropped and why."""
