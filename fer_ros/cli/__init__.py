"""The command ``fer``: its entry, and what its verbs share. The verbs are in ``verbs/``."""
