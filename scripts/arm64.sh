#!/usr/bin/env bash
# Runs the part without ROS on an arm64 Debian under emulation, and compares it with this machine.
#   sudo scripts/arm64.sh FOLDER FACES
#   FOLDER: where the arm64 Debian is made, once (1.5 GB); outside the checkout.
#   FACES: a folder <label>/*.png of faces that are cut out already, such as some hundred of FER2013's PublicTest.
# Needs debootstrap, qemu-user-static and gcc. Nothing is registered in the kernel: each program of the other machine is
# started through qemu. Ends with 1 where the accuracy differs by more than 0.003, or a frame is read differently.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
[ $# -eq 2 ] && [ -d "$2" ] || { sed -n '2,8s/^# //p' "$0" >&2 && exit 2; }
[ "$(id -u)" -eq 0 ] || { echo "arm64.sh: chroot needs root: sudo $0 $*" >&2 && exit 2; }
for tool in debootstrap qemu-aarch64-static gcc; do
    command -v "$tool" >/dev/null || { echo "arm64.sh: missing: apt-get install debootstrap qemu-user-static gcc" >&2 && exit 2; }
done
mkdir -p "$1"
root=$(cd "$1" && pwd) faces=$(cd "$2" && pwd)
here=$PWD/${VENV:-.venv}
[ -x "$here/bin/fer" ] || { echo "arm64.sh: this machine's side is missing: make setup" >&2 && exit 2; }

# Runs in the arm64 Debian, which has no kernel of its own.
inside() {
    env -i PATH=/opt/fer/bin:/usr/bin HOME=/root FER_HOME=/root/fer LANG=C.UTF-8 "$(command -v chroot)" "$root" "$@"
}

if [ ! -e "$root/.made" ]; then
    [ -z "$(ls -A "$root")" ] || { echo "arm64.sh: $root is not empty and no Debian that this made" >&2 && exit 2; }
    debootstrap --foreign --arch=arm64 --variant=minbase \
        --include=python3,python3-venv,python3-pip,ca-certificates bookworm "$root"
    # The second stage would have to run arm64 programs; unpacking is enough.
    for package in "$root"/var/cache/apt/archives/*.deb; do dpkg-deb -x "$package" "$root"; done
    cp "${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}" "$root/etc/ssl/certs/ca-certificates.crt"
    cp /etc/resolv.conf /etc/hosts "$root/etc/"
    cp "$(command -v qemu-aarch64-static)" "$root/qemu"
    # A python that starts itself through qemu, also where Python starts another one: a program of this machine's.
    mkdir -p "$root/opt/fer/bin" "$root/dev/shm"
    printf 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11\n' >"$root/opt/fer/pyvenv.cfg"
    gcc -static -O1 -x c -o "$root/opt/fer/bin/python" - <<'C'
#include <stdlib.h>
#include <unistd.h>
int main(int count, char **words) {
    char **all = calloc(count + 4, sizeof *all);
    all[0] = "/qemu", all[1] = "-0", all[2] = "/opt/fer/bin/python", all[3] = "/usr/bin/python3.11";
    for (int i = 1; i < count; i++) all[i + 3] = words[i];
    execv(all[0], all);
    return 127;
}
C
    [ -e "$root/dev/urandom" ] || mknod -m 666 "$root/dev/urandom" c 1 9
    [ -c "$root/dev/null" ] || { rm -f "$root/dev/null" && mknod -m 666 "$root/dev/null" c 1 3; }
    inside python -m ensurepip
    touch "$root/.made"
fi
mountpoint -q "$root/proc" || { mount -t proc proc "$root/proc" && trap 'umount "$root/proc"' EXIT; }

rm -rf "$root/src" "$root/faces" "$root/root/fer" "$root/opt/fer/share/fer_msgs"
mkdir -p "$root/src" "$root/opt/fer/share"
cp -r fer_msgs "$root/opt/fer/share/"
git ls-files -z -- fer_ros models config launch resource package.xml setup.py setup.cfg requirements |
    tar -c --null -T - | tar -x -C "$root/src"
cp -r "$faces" "$root/faces"
inside python -m pip install -q --disable-pip-version-check -c /src/requirements/constraints.txt "/src[sample]"
inside python -m pip install -q --disable-pip-version-check --no-deps -c /src/requirements/constraints.txt \
    -r /src/requirements/networks.txt

# What is done on both machines: measure the shipped model, teach one, read a film frame by frame.
# $1: a folder for what is kept, $2: the faces, $3: the film; the rest: how Python is called. Prints one line of each.
work() {
    local home=$1 faces=$2 film=$3
    shift 3
    printf 'eval %s\n' "$("$@" -m fer_ros.cli.main eval "$faces" --crops --json | field accuracy)"
    "$@" -m fer_ros.cli.main import "$faces" --crops --bag faces >/dev/null
    printf 'teach %s\n' "$("$@" -m fer_ros.cli.main train faces --head ridge --name arm64 --json | field accuracy)"
    printf 'film %s\n' "$("$@" -c '
import sys, cv2, fer_ros
reader, film, number = fer_ros.Reader(detector="haar"), cv2.VideoCapture(sys.argv[1]), 0
while (frame := film.read()[1]) is not None:
    print(*(face.label for face in reader.track(frame, number / 30)) or ["-"], end=",")
    number += 1' "$film")"
}
# The first number of this name in the JSON of standard input.
field() {
    "$here/bin/python" -c '
import json, sys
def find(value, name):
    if isinstance(value, dict):
        if isinstance(value.get(name), (int, float)):
            return value[name]
        value = list(value.values())
    return next((f for v in value if (f := find(v, name)) is not None), None) if isinstance(value, list) else None
print(find(json.loads(sys.stdin.read().strip().splitlines()[-1]), sys.argv[1]))' "$1"
}
"$here/bin/python" -c '
import sys, cv2
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource
source, film = FaceSource(FaceSettings(fps=0.0, expression="happy")), None
source.open()
for _ in range(45):
    image = source.read(5.0).image
    film = film or cv2.VideoWriter(sys.argv[1], cv2.VideoWriter_fourcc(*"MJPG"), 30, image.shape[1::-1])
    film.write(image)
film.release()' "$root/film.avi"

scratch=$(mktemp -d)
began=$SECONDS
FER_HOME=$scratch AMENT_PREFIX_PATH=$here work "$scratch" "$faces" "$root/film.avi" "$here/bin/python" >"$root/here.txt"
echo "this machine, $(uname -m), $((SECONDS - began)) s:" && cut -c1-60 "$root/here.txt"
began=$SECONDS
work /root/fer /faces /film.avi inside python >"$root/there.txt"
echo "arm64 under emulation, $((SECONDS - began)) s:" && cut -c1-60 "$root/there.txt"
rm -rf "$scratch"
"$here/bin/python" -c '
import sys
here, there = (dict(line.split(None, 1) for line in open(name)) for name in sys.argv[1:])
gaps = {name: abs(float(here[name]) - float(there[name])) for name in ("eval", "teach")}
print("differences:", gaps, "the film is read alike:", here["film"] == there["film"])
sys.exit(max(gaps.values()) > 0.003 or here["film"] != there["film"])' "$root/here.txt" "$root/there.txt"
