"""Values and contracts that every other room shares: types, settings, the plugin registry, errors, files, clocks."""
