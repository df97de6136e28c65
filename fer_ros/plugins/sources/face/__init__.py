"""The source ``face``: a drawn and lit face whose expression is a parameter."""
