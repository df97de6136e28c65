"""The contract of backbones."""

from __future__ import annotations

from abc import abstractmethod
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fer_ros.core.base.contracts.plugin import Plugin
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import FloatArray, Maps


class Backbone(Plugin):
    """Turns face crops into embeddings (group ``fer_ros.backbones``).

    :cvar presets: preset name → keyword arguments of ``build``.
    """

    presets: ClassVar[dict[str, dict[str, Any]]] = {}

    def __init__(self, file: Path, spec: InputSpec, threads: int = 1, settings: Any = None) -> None:
        """Load an exported backbone; a subclass does so after calling this.

        :param file: the exported network, such as ``backbone.tflite``.
        :param spec: the input that the bundle states.
        :param threads: CPU threads at most.
        :raises ConfigError: the file is damaged or its input differs from ``spec``.
        """
        super().__init__(settings)

    @property
    @abstractmethod
    def output_shape(self) -> tuple[int, ...]:
        """Shape of one embedding, such as (6, 6, 256)."""

    @property
    def finer_shape(self) -> tuple[int, ...]:
        """Shape of the finer map of one face, such as (6, 6, 128); empty where the network gives none."""
        return ()

    @abstractmethod
    def embed(self, crops: FloatArray) -> FloatArray:
        """Embeddings of scaled crops.

        :param crops: float32 (n, height, width, channels), scaled as ``spec`` says, n ≥ 1.
        :returns: float32 (n, *output_shape).
        """

    def maps(self, crops: FloatArray) -> Maps:
        """Embeddings of scaled crops, with the finer maps where the network gives them; see :meth:`embed`."""
        return Maps(self.embed(crops), np.empty((len(crops), 0), np.float32))

    @classmethod
    def build(cls, spec: InputSpec, **arguments: Any) -> Any:
        """The untrained network as a ``keras.Model`` from scaled crops to embeddings; imports Keras only here.

        :raises ConfigError: this backbone cannot be trained here.
        """
        raise NotImplementedError
