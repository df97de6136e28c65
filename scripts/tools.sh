# Finds the Python to use and names what is missing on this machine. Sourced by setup.sh.

# One line to stderr, exit status 1.
fail() {
    printf 'make setup: %s\n' "$*" >&2
    exit 1
}

# "3.11" where $1 runs and is a Python that this package supports, else status 1.
supported_version() {
    "$1" -c '
import sys
if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit(1)
print("{}.{}".format(*sys.version_info[:2]))' 2>/dev/null
}

ros_is_sourced() {
    [ -n "${ROS_DISTRO:-}" ] && [ -n "${AMENT_PREFIX_PATH:-}" ]
}

# Whether a ROS 2 is sourced whose rclpy the Python $1 imports.
runs_sourced_ros() {
    ros_is_sourced && "$1" -c 'import rclpy' 2>/dev/null
}

# Path of the interpreter to make the environment with: $PYTHON, else one that runs the sourced ROS 2, else the first
# that is supported.
find_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        supported_version "$PYTHON" >/dev/null ||
            fail "PYTHON=$PYTHON does not run or is not Python 3.10 to 3.13; give another one, such as PYTHON=python3.11"
        base_interpreter "$PYTHON"
        return
    fi
    for candidate in python3 /usr/bin/python3; do
        if supported_version "$candidate" >/dev/null && runs_sourced_ros "$candidate"; then
            base_interpreter "$candidate"
            return
        fi
    done
    ! ros_is_sourced || printf 'No python3 imports the rclpy of the sourced ROS 2 %s: taking the wheels.\n' "$ROS_DISTRO" >&2
    for candidate in python3 python3.12 python3.11 python3.13 python3.10; do
        if supported_version "$candidate" >/dev/null; then
            base_interpreter "$candidate"
            return
        fi
    done
    if command -v python3 >/dev/null; then
        fail "$(python3 --version 2>&1) is not supported; install Python 3.10 to 3.13 and name it: make setup PYTHON=python3.12"
    fi
    fail "Python is missing; install it with: $(apt_install python3 python3-venv python3-dev)"
}

# The interpreter behind a virtual environment: ours may be active, and is about to be replaced.
base_interpreter() {
    # One name for it: called by another, such as that of an activated environment, it would seem to be another Python.
    "$1" -c 'import os, sys; print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))'
}

apt_install() {
    local sudo='sudo '
    [ "$(id -u)" -ne 0 ] || sudo=''
    printf '%sapt-get install -y %s' "$sudo" "$*"
}

# Fails in one line that names every tool that is missing. $1: interpreter, $2: its version.
require_tools() {
    local names=() packages=() tool
    for tool in gcc g++ make; do
        command -v "$tool" >/dev/null || { names+=("$tool") && packages+=("$tool"); }
    done
    "$1" -c 'import ensurepip, venv' 2>/dev/null || { names+=("the Python module venv") && packages+=("python$2-venv"); }
    "$1" -c 'import os, sys, sysconfig; sys.exit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' ||
        { names+=("Python's headers (Python.h)") && packages+=("python$2-dev"); }
    [ ${#names[@]} -eq 0 ] || fail "missing: $(join_by ', ' "${names[@]}"); install with: $(apt_install "${packages[@]}")"
}

# Fails where the wheels of ROS 2 do not run. $1: interpreter.
require_wheel_platform() {
    local machine
    machine=$("$1" -c 'import platform, sys; print(sys.platform, platform.machine())')
    [ "$machine" = "linux x86_64" ] ||
        fail "ROS 2 comes as wheels for Linux on x86-64 only, this is $machine; install ROS 2 and source it (docs/install.md)"
    "$1" -c '
import platform, sys
name, version = platform.libc_ver()
sys.exit(not (name == "glibc" and tuple(map(int, version.split(".")[:2])) >= (2, 28)))' ||
        fail "ROS 2's wheels need glibc 2.28 or newer (Debian 10, Ubuntu 20.04); install ROS 2 and source it (docs/install.md)"
}

# Whether a CMake is installed that builds ROS 2 messages (3.16 up; 4 is not supported by Jazzy).
have_cmake() {
    local version
    version=$(cmake --version 2>/dev/null | sed -n 's/^cmake version 3\.\([0-9]*\).*/\1/p')
    [ -n "$version" ] && [ "$version" -ge 16 ]
}

join_by() {
    local separator=$1 first=$2
    shift 2
    printf '%s' "$first" "${@/#/$separator}"
}
