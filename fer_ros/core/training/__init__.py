"""Training of a head on recorded bags: options, faces, split, the perceptron, the run, and the process that runs it."""
