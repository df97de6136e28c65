"""Group `fer_ros.heads`: from an embedding to probabilities. Contract: `fer_ros.core.base.contracts.Head`."""
