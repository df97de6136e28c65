"""The page's server; its sources: ``web/``, its ROS side: ``fer_ros/nodes/dashboard``. Plain asyncio, no ROS."""
