"""What pictures say of themselves before they are decoded: kind, size, and where they end."""

from fer_ros.core.vision.headers.header import Header as Header
from fer_ros.core.vision.headers.measure import compressed_size as compressed_size
from fer_ros.core.vision.headers.measure import measure as measure
