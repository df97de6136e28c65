"""What leaves the robot to be used elsewhere: the page that needs no server."""
