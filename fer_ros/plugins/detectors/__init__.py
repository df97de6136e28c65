"""Group `fer_ros.detectors`: where the faces are in a frame. Contract: `fer_ros.core.base.contracts.Detector`."""
