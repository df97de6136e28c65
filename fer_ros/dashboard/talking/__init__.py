"""The WebSocket: the protocol, connections, and what every client is told."""
