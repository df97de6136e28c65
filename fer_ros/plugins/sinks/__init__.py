"""Group `fer_ros.sinks`: where the results go. Contract: `fer_ros.core.base.contracts.Sink`."""
