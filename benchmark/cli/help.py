"""Help texts: commands in the order of use with whole lines, options in groups, an example each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import click

REST = "Other options"
WORDS = "bench.words"  # of a command line, in the context


class InOrder(click.Group):
    """A group whose commands stand in the order in which they were added, each in a whole line."""

    def list_commands(self, context: click.Context) -> list[str]:
        """Their names."""
        return list(self.commands)

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Their names, each with the first sentence of its help."""
        found = [(name, self.commands[name]) for name in self.list_commands(context)]
        lines = [(name, one.get_short_help_str(limit=1000)) for name, one in found]
        with formatter.section("Commands, in the order of use"):
            formatter.write_dl(lines)


class Grouped(click.Command):
    """A command whose many options stand in groups.

    ``groups``: title to the names of parameters; a parameter in no group comes last.
    """

    def __init__(self, *arguments: Any, groups: Mapping[str, Sequence[str]], **given: Any) -> None:
        super().__init__(*arguments, **given)
        self.groups = groups

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Parse, and keep the words as they were typed for a worker that gets the same."""
        context.meta[WORDS] = list(args)
        return super().parse_args(context, args)

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The options by group."""
        records = {one.name: one.get_help_record(context) for one in self.get_params(context)}
        for title, names in self.groups.items():
            with formatter.section(title):
                formatter.write_dl(
                    [record for name in names if (record := records.pop(name, None))]
                )
        with formatter.section(REST):
            formatter.write_dl([record for record in records.values() if record])


def example(*commands: str) -> str:
    """The end of a command's help: examples to type, each in a line of its own."""
    lines = "\n".join(f"  {command}" for command in commands)
    return f"\b\nExample:\n{lines}" if len(commands) == 1 else f"\b\nExamples:\n{lines}"
