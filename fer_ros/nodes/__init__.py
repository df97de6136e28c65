"""The ROS 2 nodes: thin shells that turn topics, services and parameters into calls of core."""
