"""The node ``dashboard``: the ROS side of the page. Its server is ``fer_ros/dashboard``, its page ``web/``."""
