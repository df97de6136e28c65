#!/usr/bin/env bash
# Tries what docs/ros_interface.md promises with the real commands of ROS 2: `ros2 launch`, `ros2 param`, `ros2 action`
# and so on. A check whose command or package is not installed is skipped with the reason.
#
#     scripts/ros_rig.sh                       # all; some 15 minutes
#     scripts/ros_rig.sh --only params,train   # --list names them
#     scripts/ros_rig.sh --kills 2 --starts 5  # fewer rounds
#
# Leaves nothing in the checkout but compiled Python. $VENV: the environment (.venv). Status 1 where a check fails.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
venv=${VENV:-.venv}
[[ $venv = /* ]] || venv=$PWD/$venv
export PATH=$venv/bin:$PATH
# First what is given, such as an overlay with launch and ros2cli.
export AMENT_PREFIX_PATH=$venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}
export LD_LIBRARY_PATH=$venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export ROS_AUTOMATIC_DISCOVERY_RANGE=${ROS_AUTOMATIC_DISCOVERY_RANGE:-LOCALHOST}
# As an installed package is: with PYTHONDONTWRITEBYTECODE, each start would compile it anew.
"$venv/bin/python" -m compileall -q fer_ros
exec "$venv/bin/python" -m scripts.rig.main "$@"
