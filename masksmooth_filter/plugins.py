"""What other packages add, found by their entry points; light, for the command's checks need it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import Distribution, EntryPoint, distributions
from typing import Any

from masksmooth_filter.errors import MaskSmoothError, ModelError, OptionError

SEGMENTERS = "masksmooth_filter.segmenters"
"""The group of segmenters: callables from `SegmenterOptions` to a `Model`."""

SMOOTHERS = "masksmooth_filter.smoothers"
"""The group of smoothing methods: callables from `Smoothing` to a `TokenSmoother`."""

_KIND = {SEGMENTERS: "segmenter", SMOOTHERS: "smoothing method"}


def offered(group: str) -> tuple[str, ...]:
    """Return the names that installed packages offer in a group, sorted; nothing is imported."""
    return tuple(sorted(_points(group)))


def packages(group: str) -> dict[str, str]:
    """Return what `offered` returns, each with the packages that offer it; nothing is imported."""
    points = _points(group)
    return {name: " and ".join(sorted(map(_package, points[name]))) for name in sorted(points)}


def make(group: str, name: str, settings: Any, *, needs: Sequence[str]) -> Any:
    """Import what a package offers and call it.

    Parameters
    ----------
    group, name : str
        `SEGMENTERS` or `SMOOTHERS`, and a name that is `offered`.
    settings : object
        What the callable is given.
    needs : sequence of str
        Attributes that its result must have.

    Raises
    ------
    OptionError
        If several packages offer the name, or the plug-in refuses a setting.
    ModelError
        If the plug-in cannot be imported, fails, or gives something else; names the package.
    """
    points = _points(group)[name]
    kind = f"the {_KIND[group]} {name!r}"
    if len(points) > 1:
        raise OptionError(f"{kind} is offered by {packages(group)[name]}; uninstall all but one")
    package = _package(points[0])
    try:
        made = points[0].load()(settings)
    except MaskSmoothError:
        raise
    except (Exception, SystemExit) as error:  # whatever a stranger's package raises
        found = " ".join(f"{type(error).__name__}: {error}".split())
        raise ModelError(f"{kind} of {package} cannot be loaded: {found}") from error
    missing = [attribute for attribute in needs if not hasattr(made, attribute)]
    if missing:
        what = f"{type(made).__name__} object without {', '.join(missing)}"
        raise ModelError(f"{kind} of {package} gave a {what}; see docs/integrations.md")
    return made


def _points(group: str) -> dict[str, list[EntryPoint]]:
    """Return the entry points of a group by name; one package's broken metadata hides no other package."""
    found: dict[str, list[EntryPoint]] = {}
    seen = set()
    for distribution in distributions():
        if (name := _name(distribution)) not in seen:  # the first on the path is the one imported
            seen.add(name)
            for point in _of(distribution, group):
                found.setdefault(point.name, []).append(point)
    return found


def _name(distribution: Distribution) -> str:
    name = distribution.metadata["Name"] or str(getattr(distribution, "_path", ""))
    return name.lower().replace("_", "-")


def _of(distribution: Distribution, group: str) -> list[EntryPoint]:
    try:
        return [point for point in distribution.entry_points if point.group == group]
    except Exception:  # a file of entry points that cannot be parsed
        return []


def _package(point: EntryPoint) -> str:
    return point.value if point.dist is None else f"{point.dist.name} {point.dist.version}"
