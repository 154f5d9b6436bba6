"""Workers that are actors of a Ray cluster: Ray places them, replaces them, and repeats their calls.

Ray is asked for nothing but that. Its telemetry is off for our own connection, and what we have started is
gone when we leave; the cluster stays as it was.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import masksmooth_filter
from masksmooth_filter.errors import DeviceError, ModelError, OptionError
from masksmooth_filter.scale.crew import TRIES, Crew
from masksmooth_filter.scale.films import load
from masksmooth_filter.scale.worker import call

PATIENCE_S = 15.0
"""Seconds to wait for an actor that was killed to be gone."""

ANSWER_S = 5.0
"""Seconds a cluster has to answer."""

FOREVER = -1
"""Ray's word for no limit: nodes of a pre-emptible fleet may be taken any number of times."""


class Actor:
    """What runs on the cluster: a process that lives from call to call.

    Parameters
    ----------
    folder : str
        The driver's working folder: where it is shared, relative names mean the same.
    """

    def __init__(self, folder: str) -> None:
        with suppress(OSError):  # not shared: what the names mean is sent
            os.chdir(folder)

    def version(self) -> str:
        """Return the version of this package on the actor's machine."""
        return masksmooth_filter.__version__

    def call(self, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function; see `masksmooth_filter.scale.worker.call`."""
        return call(function, *args)


class ActorSeat:
    """An actor; one whose node is still to come is not ready.

    Parameters
    ----------
    make : callable
        Starts the actor.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._actor = make()
        self._version = self._actor.version.remote()
        self._checked = False

    @property
    def ready(self) -> bool:
        """Whether the actor runs.

        Raises
        ------
        OptionError
            If another version of this package is installed where it runs.
        """
        import ray

        if not self._checked and ray.wait([self._version], timeout=0)[0]:
            found = ray.get(self._version)
            if found != masksmooth_filter.__version__:
                wanted = masksmooth_filter.__version__
                raise OptionError(f"a node has version {found} of masksmooth-filter; install {wanted} on all")
            self._checked = True
        return self._checked

    def start(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Make a call; Ray repeats it if the actor, or its node, is lost."""
        future: Future[Any] = self._actor.call.remote(function, *args).future()
        return future

    def replace(self) -> bool:
        """Leave it to Ray, which has restarted the actor and made its call as often as it may be."""
        return False

    def end(self) -> None:
        """Kill the actor."""
        import ray

        ray.kill(self._actor)

    def join(self) -> None:
        """Wait until it is gone: what it was writing is removed after that."""
        import ray

        until = time.monotonic() + PATIENCE_S
        with suppress(ray.exceptions.RayActorError):
            while time.monotonic() < until:
                with suppress(ray.exceptions.GetTimeoutError):
                    ray.get(self._actor.version.options(max_task_retries=0).remote(), timeout=0.2)


def cluster_crew(address: str, jobs: int | None, needs: Any) -> Crew:
    """Connect to a cluster and return a crew of its actors.

    Parameters
    ----------
    address : str
        ``auto`` for the one that was started on this machine, or HOST:PORT.
    jobs : int, optional
        How many actors; as many as fit now by default. With more, the rest begin as nodes come.
    needs : Needs
        What each of them is given.

    Raises
    ------
    ModelError
        If Ray is not installed.
    DeviceError
        If there is no cluster at the address.
    OptionError
        If nothing would fit.
    """
    if find_spec("ray") is None:
        raise ModelError(
            "--cluster needs Ray, which is not installed; pip install 'masksmooth-filter[cluster]'"
        )
    import ray

    _connect(address)
    try:
        count = _fitting(needs) if jobs is None else jobs
        if count < 1:
            raise OptionError(
                f"no node of the cluster has {needs.text()} free for a worker; {_what_there_is()}"
            )
        remote = ray.remote(Actor).options(
            num_cpus=needs.cpu,
            num_gpus=needs.gpu,
            memory=needs.memory,
            max_restarts=FOREVER,
            max_task_retries=TRIES - 1,
        )
        seats = [ActorSeat(partial(remote.remote, os.getcwd())) for _ in range(count)]
        return Crew(seats, send=_send, goodbye=ray.shutdown)
    except BaseException:
        ray.shutdown()
        raise


def _connect(address: str) -> None:
    import ray

    if ray.is_initialized():
        raise DeviceError("this process is connected to Ray already; call ray.shutdown() first")
    _check_answers(address)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    handler = signal.getsignal(signal.SIGTERM)
    try:
        ray.init(address=address, log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        why = str(error).split("\n")[0]
        raise DeviceError(f"no Ray cluster at {address} ({why}); start one: ray start --head") from error
    finally:
        if threading.current_thread() is threading.main_thread():  # Ray puts its own in the place of ours
            signal.signal(signal.SIGTERM, handler)


def _check_answers(address: str) -> None:
    """Raise unless somebody listens: Ray itself tries for two minutes, and then ends the process."""
    from ray._private.services import canonicalize_bootstrap_address  # there is no public name for it

    if "://" in address:
        raise OptionError(f"--cluster {address} is of Ray's client; write auto, or HOST:PORT of the head")
    try:
        found = canonicalize_bootstrap_address(address)
        host, _, port = str(found).rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_S).close()
    except (OSError, ValueError) as error:
        why = str(error).split(". ")[0]
        raise DeviceError(
            f"no Ray cluster answers at {address} ({why}); start one: ray start --head"
        ) from error


def _fitting(needs: Any) -> int:
    """Return how many workers the cluster's nodes hold, as far as nothing else is using them."""
    import ray

    wanted = {"CPU": needs.cpu, "GPU": needs.gpu, "memory": needs.memory}
    fitting = 0
    for node in ray.nodes():
        if node["Alive"]:
            there = node["Resources"]
            fitting += int(min(there.get(name, 0) / need for name, need in wanted.items() if need))
    return fitting


def _what_there_is() -> str:
    import ray

    there = ray.cluster_resources()
    memory = there.get("memory", 0) / 2**30
    found = f"cpu={there.get('CPU', 0):g},gpu={there.get('GPU', 0):g},memory={memory:.3g}G"
    return f"all together have {found}; give other --needs, or --jobs to wait for nodes"


def _send(path: Path) -> Any:
    import ray

    return ray.put(load(path))
