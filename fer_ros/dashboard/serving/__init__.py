"""The parts of any web server: addresses, files, TLS, access, limits."""
