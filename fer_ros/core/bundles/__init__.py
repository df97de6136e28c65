"""Model bundles: the folder of a model, its card, the store of all models and the one in use."""
