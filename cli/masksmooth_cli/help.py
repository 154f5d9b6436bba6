"""Options under headings in ``--help``; click has no groups of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

OTHER = "Other"
"""Where click's own options (--version, --help) stand: last."""


class GroupedOption(click.Option):
    """An option that belongs under a heading."""

    def __init__(self, *args: Any, group: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists its forms, and its options heading by heading in the order of declaration.

    Parameters
    ----------
    forms : sequence of str
        What may follow the command's name.
    """

    def __init__(self, *args: Any, forms: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.forms = forms

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a line for each form."""
        for number, form in enumerate(self.forms):
            formatter.write_usage(ctx.command_path, form, prefix=" " * 7 if number else None)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options under their headings."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for param in sorted(self.get_params(ctx), key=lambda p: not isinstance(p, GroupedOption)):
            record = param.get_help_record(ctx)
            if record is not None and not isinstance(param, click.Argument):
                groups.setdefault(getattr(param, "group", OTHER), []).append(record)
        for title, records in groups.items():
            with formatter.section(title):
                formatter.write_dl(records)


def option(group: str, *names: str, **settings: Any) -> Any:
    """Declare an option under a heading; its default is shown where it has one."""
    settings.setdefault("show_default", settings.get("default") is not None and not settings.get("is_flag"))
    return click.option(*names, cls=GroupedOption, group=group, **settings)
