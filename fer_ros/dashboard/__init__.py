"""The dashboard's server: a page, and a WebSocket to a robot. Plain asyncio; ROS is behind ``robot.Robot``."""
