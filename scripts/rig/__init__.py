"""The checks of scripts/ros_rig.sh, with the real commands of ROS 2."""
