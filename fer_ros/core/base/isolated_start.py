"""``python -I isolated_start.py PATH MODULE ARGUMENTS``: run a module with this search path, a JSON list, and no other.

See :mod:`fer_ros.core.base.isolation`.
"""

import json
import runpy
import sys

if __name__ == "__main__":
    sys.path[:] = json.loads(sys.argv[1])
    module = sys.argv[2]
    del sys.argv[1:3]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
