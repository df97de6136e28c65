"""Work on many things: in this process, on several of this machine, or on a cluster, with the same answers."""

from fer_ros.core.engine.opening import opened
from fer_ros.core.engine.work import Engine, Here

__all__ = ["Engine", "Here", "opened"]
