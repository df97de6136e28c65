"""Group `fer_ros.sources`: where frames come from. Contract: `fer_ros.core.base.contracts.Source`."""
