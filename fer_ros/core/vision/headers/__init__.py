"""Headers of pictures: kind, size and end, read before anything is decoded."""

from fer_ros.core.vision.headers.header import Header as Header
from fer_ros.core.vision.headers.measure import compressed_size as compressed_size
from fer_ros.core.vision.headers.measure import measure as measure
