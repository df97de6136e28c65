"""The WebSocket: the protocol, the connections, and the messages for all clients."""
