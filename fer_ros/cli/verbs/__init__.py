"""The verbs of the command ``fer``, one a file: a docstring for its help, ``add_arguments`` and ``run``."""
