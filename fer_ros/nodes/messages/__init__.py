"""Between values of core and ROS messages, one module a subject."""
