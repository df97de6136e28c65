"""The processes that a benchmark starts: a network, a peer, a node that listens."""
