"""One small plugin of each kind, whole and checked: what `fer plugins new` starts a package with."""
