"""Parts of nodes: each holds a group of parameters and what they set."""
