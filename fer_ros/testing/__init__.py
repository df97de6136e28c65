"""Checks that a plugin keeps the contract of its kind. Use them in the tests of your own plugin::

    from fer_ros.testing import check_source
    from my_package.source import MySource

    def test_my_source_keeps_the_contract() -> None:
        check_source(MySource)

Each check uses the plugin as fer_ros does. It raises ``AssertionError`` with one line that says what is wrong. No
check needs ROS, a camera, or a model.
"""

from fer_ros.testing.backbones import check_backbone
from fer_ros.testing.detectors import check_detector
from fer_ros.testing.filters import check_filter
from fer_ros.testing.heads import check_head
from fer_ros.testing.sinks import check_sink
from fer_ros.testing.sources import check_source

__all__ = ["check_backbone", "check_detector", "check_filter", "check_head", "check_sink", "check_source"]
