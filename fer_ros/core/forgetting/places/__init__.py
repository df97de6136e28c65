"""One module a place; each has a ``place``, see :class:`fer_ros.core.forgetting.place.Place`."""
