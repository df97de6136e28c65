"""One small plugin of each kind, whole and checked. `fer plugins new` starts a package with them."""
