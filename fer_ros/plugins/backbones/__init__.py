"""Group `fer_ros.backbones`: from a crop to an embedding. Contract: `fer_ros.core.base.contracts.Backbone`."""
