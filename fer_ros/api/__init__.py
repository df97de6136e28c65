"""What scripts and notebooks use, without ROS: read pictures, measure a model, teach one.

Everything here is offered by ``fer_ros`` itself: write ``fer_ros.Reader``, not ``fer_ros.api.reader.Reader``.
"""
