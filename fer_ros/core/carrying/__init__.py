"""What travels between robots and those who teach them: models and bags, to and from folders and addresses."""

from fer_ros.core.carrying.fetched import bags_at
from fer_ros.core.carrying.models import pull, push
from fer_ros.core.carrying.place import is_address

__all__ = ["bags_at", "is_address", "pull", "push"]
