"""Fitting the heads: what their trainings share, closed forms, the perceptron, and the choice among heads."""
