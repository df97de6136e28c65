#!/usr/bin/env bash
# Builds rosbag2's own reader from its sources, which PyPI does not have, against the ROS 2 of the environment.
# `scripts/rosbag2_reader.sh FOLDER` leaves FOLDER/count there: `FOLDER/count BAG...` reads each bag whole and fails
# where one cannot be read or holds other numbers of messages than its metadata.yaml says. It takes minutes.
# Debian's packages: g++ git libyaml-cpp-dev libtinyxml2-dev libconsole-bridge-dev libsqlite3-dev libzstd-dev liblz4-dev
set -euo pipefail
venv=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && cd "${VENV:-.venv}" && pwd)
mkdir -p "$1" && cd "$1"
here=$PWD

get() { # REPOSITORY BRANCH: into a folder of its name, unless it is there
    [ -d "${1#*/}" ] || git clone -q --depth 1 --branch "$2" "https://github.com/$1" "${1#*/}"
}
get ros2/rosbag2 jazzy
get ros2/rclcpp jazzy
get ros/class_loader rolling
get ros/pluginlib rolling
get foxglove/mcap releases/cpp/v1.3.0

mkdir -p made/rclcpp objects lib
"$venv/bin/python" -c 'import em; em.invoke(["-o", "made/rclcpp/logging.hpp", "rclcpp/rclcpp/resource/logging.hpp.em"])'
cat >made/mcap.cpp <<'END'
#define MCAP_IMPLEMENTATION
#include <mcap/mcap.hpp>
END
cat >made/count.cpp <<'END'
#include <iostream>
#include "rosbag2_cpp/readers/sequential_reader.hpp"

int main(int count, char ** bags)
{
  int bad = 0;
  for (int i = 1; i < count; ++i) {
    try {
      rosbag2_cpp::readers::SequentialReader reader;
      rosbag2_storage::StorageOptions options;
      options.uri = bags[i];
      reader.open(options, {"", ""});
      const auto stated = reader.get_metadata().message_count;
      size_t read = 0;
      for (; reader.has_next(); ++read) {reader.read_next();}
      std::cout << bags[i] << ": " << read << " messages, stated " << stated << std::endl;
      bad += read != stated;
    } catch (const std::exception & error) {
      std::cout << bags[i] << ": " << error.what() << std::endl;
      ++bad;
    }
  }
  return bad ? 1 : 0;
}
END

storage=rosbag2/rosbag2_storage cpp=rosbag2/rosbag2_cpp/src/rosbag2_cpp core=rclcpp/rclcpp/src/rclcpp
base=(class_loader/src/*.cpp "$storage"/src/rosbag2_storage/*.cpp
    "$core"/{qos,duration,time,logger,logging_mutex,exceptions/exceptions}.cpp
    "$cpp"/{reader,converter,serialization_format_converter_factory,rmw_implemented_serialization_format_converter}.cpp
    "$cpp"/{typesupport_helpers,readers/sequential_reader,types/introspection_message}.cpp)
flags=(-std=c++17 -O1 -fPIC -w -Imade -Iclass_loader/include -Ipluginlib/pluginlib/include -Irclcpp/rclcpp/include
    -Imcap/cpp/mcap/include -I"$storage/src" -I"$cpp" -I"${storage}_sqlite3/include" -I"$storage/include"
    -I"${storage}_mcap/include" -Irosbag2/rosbag2_cpp/include)
for macro in HAS_STORAGE_OPTIONS WRITER_CREATES_DIRECTORY OVERRIDE_SEEK_METHOD HAS_YAML_HPP HAS_SET_READ_ORDER \
    HAS_UPDATE_METADATA; do
    flags+=("-DROSBAG2_STORAGE_MCAP_$macro")
done
for folder in "$venv"/include/*/; do flags+=("-I$folder"); done

objects() { # SOURCE...: compile what has not been compiled; sets `made`
    made=()
    local source object
    for source in "$@"; do
        object=objects/${source//\//_}.o
        [ -f "$object" ] || { echo "$source" >&2 && g++ "${flags[@]}" -c "$source" -o "$object"; }
        made+=("$object")
    done
}
ros=(-L"$venv/lib" -Llib -Wl,--allow-shlib-undefined -lrcutils -lrcpputils -lrcl -lrmw -lament_index_cpp)
objects "${base[@]}"
g++ -shared -o lib/librosbag2_reader.so "${made[@]}" "${ros[@]}" -ltinyxml2 -lconsole_bridge -lyaml-cpp
ros+=(-lrosbag2_reader -lyaml-cpp)
objects "${storage}_sqlite3"/src/rosbag2_storage_sqlite3/*.cpp
g++ -shared -o lib/librosbag2_storage_sqlite3.so "${made[@]}" "${ros[@]}" -lsqlite3
objects "${storage}_mcap/src/mcap_storage.cpp" made/mcap.cpp
g++ -shared -o lib/librosbag2_storage_mcap.so "${made[@]}" "${ros[@]}" -lzstd -llz4
objects made/count.cpp
g++ -o lib/count "${made[@]}" "${ros[@]}"

# Where pluginlib looks for the storages.
index=share/ament_index/resource_index
mkdir -p "$index/packages" "$index/rosbag2_storage__pluginlib__plugin"
for name in rosbag2_storage rosbag2_cpp rosbag2_storage_mcap rosbag2_storage_sqlite3; do
    mkdir -p "share/$name" && cp "rosbag2/$name/package.xml" "share/$name/" && touch "$index/packages/$name"
    if [ -f "rosbag2/$name/plugin_description.xml" ]; then
        cp "rosbag2/$name/plugin_description.xml" "share/$name/"
        echo "share/$name/plugin_description.xml" >"$index/rosbag2_storage__pluginlib__plugin/$name"
    fi
done

# The wheels' libraries lie in folders of their own, and some expect Python in the process.
libraries=$(find "$venv"/lib/python*/site-packages -maxdepth 1 -name '*.libs' -printf ':%p')
python=$("$venv/bin/python" -c 'import sysconfig as s; print(s.get_config_var("LIBDIR"), s.get_config_var("INSTSONAME"), sep="/")')
cat >count <<END
#!/bin/sh
export AMENT_PREFIX_PATH="$here:$venv" LD_LIBRARY_PATH="$here/lib:$venv/lib$libraries" LD_PRELOAD="$python"
exec "$here/lib/count" "\$@"
END
chmod +x count
