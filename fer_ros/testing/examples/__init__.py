"""One small plugin of each kind, complete and checked. `fer plugins new` starts a package with them."""
