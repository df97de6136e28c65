"""What scripts and notebooks use, without ROS: read pictures, measure a model, teach one.

``fer_ros`` itself offers everything here: write ``fer_ros.Reader``, not ``fer_ros.api.reader.Reader``.
"""
