"""Group `fer_ros.filters`: what smooths the probabilities of a face. Contract: `fer_ros.core.base.contracts.Filter`."""
