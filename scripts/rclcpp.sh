#!/usr/bin/env bash
# Builds rclcpp from its sources, which PyPI does not have, against the ROS 2 of the environment:
# `scripts/rclcpp.sh FOLDER`, some minutes. Then `FER_RCLCPP=FOLDER make test ARGS=test/examples` tries the C++ example.
# Debian's packages: g++ git cmake libssl-dev liblttng-ust-dev
set -euo pipefail
venv=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && cd "${VENV:-.venv}" && pwd)
mkdir -p "$1" && cd "$1"
for source in ros2/rclcpp ros2/rcl_interfaces ros-tooling/libstatistics_collector; do
    [ -d "sources/${source#*/}" ] ||
        git clone -q --depth 1 --branch "${ROS_DISTRO:-jazzy}" "https://github.com/$source" "sources/${source#*/}"
done
export PATH=$venv/bin:$PATH AMENT_PREFIX_PATH=$venv CMAKE_PREFIX_PATH=$venv LD_LIBRARY_PATH=$venv/lib
"$venv/bin/python" -m colcon --log-base log build --base-paths sources --merge-install --install-base install \
    --event-handlers desktop_notification- --packages-select statistics_msgs libstatistics_collector rclcpp \
    --cmake-args "-DPython3_EXECUTABLE=$venv/bin/python" -DBUILD_TESTING=OFF --no-warn-unused-cli
