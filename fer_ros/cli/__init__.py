"""The command `fer`: one verb a file."""
