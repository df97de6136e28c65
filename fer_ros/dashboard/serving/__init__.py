"""What any web server has: addresses, files, TLS, access, limits."""
