"""Typer's command and group, with the global options on both and the help in sections."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from collections.abc import Iterable

    import typer

GLOBAL_SECTION = "Global options (before or after the command)"


def _remember(ctx: typer.Context, param: Any, value: object) -> object:  # noqa: ANN401 - typer does not export it
    root = ctx.find_root().obj
    if value not in (None, False) and root is not None:
        root.options[param.name] = value
    return value


def _global_option(*declarations: str, text: str, metavar: str | None = None) -> TyperOption:
    return TyperOption(
        param_decls=list(declarations),
        help=text,
        metavar=metavar,
        is_flag=metavar is None,
        type=None if metavar is None else str,
        default=False if metavar is None else None,
        expose_value=False,
        is_eager=True,
        callback=_remember,
    )


GLOBAL_OPTIONS = (
    _global_option("--repo", "-C", metavar="DIR", text="Work as if started in DIR."),
    _global_option("--config", metavar="FILE", text="Read FILE instead of the repository's llmops.yaml."),
    _global_option("--quiet", "-q", text="Say only what was asked for, and errors."),
    _global_option("--verbose", "-v", text="Say more on stderr."),
    _global_option("--no-color", text="No colours; NO_COLOR in the environment does the same."),
    _global_option("--offline", text="Open no socket; what needs one says so and stops."),
)


class Row(NamedTuple):
    """A command that is made when it is asked for; section and summary are what a list of commands shows of it."""

    section: str
    summary: str
    make: Callable[[], TyperCommand | TyperGroup]


class CommandsOnDemand(Mapping[str, Any]):
    """Name → command, in the order of the rows; looking at the names makes none."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        """Make nothing yet."""
        self.rows = rows
        self._made: dict[str, TyperCommand | TyperGroup] = {}

    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        """Return the command, made once."""
        if name not in self._made:
            self._made[name] = self.rows[name].make()
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        """Walk the names."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)


class LlmopsCommand(TyperCommand):
    """A command that takes the global options too, listed in a section of their own."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **attributes: Any) -> None:  # noqa: ANN401 - typer's own signature
        """Put the global options behind the command's own."""
        super().__init__(*args, params=[*(params or ()), *GLOBAL_OPTIONS], **attributes)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401 - typer does not export the types
        """Run the command. Commands return an exit code; who ends the process in the middle of one has decided nothing.

        A package of somebody else that calls `sys.exit(0)` must not make a check green.
        """
        try:
            return super().invoke(ctx)
        except SystemExit as leaving:
            message = f"something ended the process with {leaving.code!r} in the middle of a command"
            raise RuntimeError(message) from leaving

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export the types
        """Write arguments, options and global options as three sections."""
        _write_sections(self.get_params(ctx), ctx, formatter)


class LlmopsGroup(TyperGroup):
    """A group whose commands stand in sections, in the order of the table."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **attributes: Any) -> None:  # noqa: ANN401 - typer's own signature
        """Put the global options behind the group's own."""
        super().__init__(*args, params=[*(params or ()), *GLOBAL_OPTIONS], **attributes)

    def format_options(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export the types
        """Write the commands first: they are what a reader looks for."""
        self.format_commands(ctx, formatter)
        _write_sections(self.get_params(ctx), ctx, formatter)

    def format_commands(self, _ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export the types
        """Write the commands section by section, all summaries in one column; none of them is made."""
        rows = cast("CommandsOnDemand", self.commands).rows
        indent = max(map(len, rows), default=0)
        sections: dict[str, list[tuple[str, str]]] = {}
        for name, row in rows.items():
            sections.setdefault(row.section, []).append((name.ljust(indent), row.summary))
        for section, listed in sections.items():
            with formatter.section(section):
                formatter.write_dl(listed)


def filled(group: object, rows: Mapping[str, Row]) -> LlmopsGroup:
    """Give a group its commands."""
    own = cast("LlmopsGroup", group)
    own.commands = cast("Any", CommandsOnDemand(rows))
    return own


def _write_sections(parameters: Iterable[Any], ctx: Any, formatter: Any) -> None:  # noqa: ANN401 - typer does not export the types
    sections: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": [], GLOBAL_SECTION: []}
    for parameter in parameters:
        record = parameter.get_help_record(ctx)
        if record is None:
            continue
        if parameter in GLOBAL_OPTIONS:
            sections[GLOBAL_SECTION].append(record)
        else:
            sections["Arguments" if parameter.param_type_name == "argument" else "Options"].append(record)
    for section, rows in sections.items():
        if rows:
            with formatter.section(section):
                formatter.write_dl(rows)
