"""How many workers there are, where, and what each of them needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from masksmooth_filter.errors import OptionError
from masksmooth_filter.scale.crew import Crew
from masksmooth_filter.scale.local import local_crew

MEMORY = 1 << 30
"""Bytes a worker of a cluster is given by default."""

UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True, slots=True)
class Needs:
    """What a worker of a cluster needs of its machine.

    Attributes
    ----------
    cpu : float
        Cores.
    gpu : float
        GPUs; a part of one is shared with others.
    memory : int
        Bytes; a run of 1080p peaks at 520 MB with selfie, one with torch's networks at 1.5 GB.
    """

    cpu: float = 1.0
    gpu: float = 0.0
    memory: int = MEMORY

    @classmethod
    def parse(cls, text: str) -> Needs:
        """Read ``cpu=2,gpu=1,memory=4G``; what is left out is as by default.

        Raises
        ------
        OptionError
            If it is not of that form.
        """
        found: dict[str, float] = {}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            unit = UNITS.get(value[-1:].upper(), 1) if name == "memory" else 1
            try:
                found[name] = float(value.rstrip("KMGTkmgt") if unit > 1 else value) * unit
            except ValueError:
                found[name] = -1
            if name not in ("cpu", "gpu", "memory") or not 0 <= found[name] < float("inf"):
                raise OptionError(f"--needs {part} is not understood; write cpu=2,gpu=1,memory=4G")
        memory = int(found.pop("memory", MEMORY))
        return cls(**found, memory=memory)

    def text(self) -> str:
        """Return it as it is written."""
        return f"cpu={self.cpu:g},gpu={self.gpu:g},memory={self.memory / UNITS['G']:.3g}G"


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers there are, and where.

    Attributes
    ----------
    jobs : int, optional
        Workers; by default one on this machine, and on a cluster as many as fit.
    cluster : str, optional
        ``auto``, or the address of a Ray cluster; processes of this machine by default.
    needs : Needs
        What each worker of a cluster is given.
    """

    jobs: int | None = None
    cluster: str | None = None
    needs: Needs = field(default_factory=Needs)

    @contextmanager
    def crew(self) -> Iterator[Crew]:
        """Yield the workers, and stop them at the end.

        Raises
        ------
        OptionError
            If there shall be none, or none would fit.
        ModelError, DeviceError
            If Ray is not installed, or there is no cluster.
        """
        if self.cluster is None:
            crew = local_crew(1 if self.jobs is None else self.jobs)
        else:
            from masksmooth_filter.scale.cluster import cluster_crew

            crew = cluster_crew(self.cluster, self.jobs, self.needs)
        try:
            yield crew
        finally:
            crew.close()
