"""Parts of nodes: groups of parameters, with what they set."""
