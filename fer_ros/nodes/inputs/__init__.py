"""Subscriptions to images: transports, QoS, and the reasons for dropping an image."""
