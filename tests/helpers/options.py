"""The options of a command and their values."""

from typing import Any

import click


def options(command: click.Command) -> dict[str, click.Option]:
    """Return the options of a command by their last flag."""
    params = command.get_params(click.Context(command))
    return {param.opts[-1]: param for param in params if isinstance(param, click.Option)}


def read(command: click.Command, option: str, *words: str) -> Any:
    """Return the value of an option after flags, environment and file are read."""
    context = command.make_context("logviewer", list(words))
    return context.params[str(options(command)[option].name)]
