"""Template text and values → text, under limits of size and time.

The environment reads data and nothing else: `a.b` is a key of a mapping, never an attribute of a Python
object; there are no globals; nothing can be called. The subset was checked before, this is the second lock.
"""

from __future__ import annotations

import json
import re
from functools import cache, lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from llmops_cli.core.prompts import Engine
from llmops_cli.core.safe_text import safe_text, shortened
from llmops_cli.registry.templates import limits
from llmops_cli.registry.templates.filters import LimitReachedError, plain
from llmops_cli.registry.templates.parsed_template import RenderError
from llmops_cli.registry.templates.simple_template import simple_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from jinja2 import Environment, Template
    from jinja2.runtime import Context

    from llmops_cli.core.json_value import JsonValue

_PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
_COMPILED_TEMPLATES = 256
_STEPS_BETWEEN_LOOKS = 256
# names with a space cannot be written in a template
_DEADLINE = "deadline of this rendering"
_COUNTED = "counted by the clock"


def render_text(
    resolved: str,
    values: Mapping[str, JsonValue],
    *,
    engine: Engine,
    where: str,
    clock: Callable[[], float],
) -> str:
    """Return one message; `where` is the file that error messages name.

    Raises:
        RenderError: for an undefined name, a failing filter, and when a limit is reached.
    """
    if engine is Engine.PLAIN:
        text = _render_plain(resolved, values, where)
    else:
        simple = _render_simple(resolved, values, where)
        text = _render_jinja(resolved, values, where, clock) if simple is None else simple
    if not _is_text(text):
        message = "the rendered text holds half of a surrogate pair, which is no character."
        raise RenderError(message, where=where)
    return text


def _render_plain(resolved: str, values: Mapping[str, JsonValue], where: str) -> str:
    size = len(resolved)
    pieces: list[str] = []
    end = 0
    for match in _PLACEHOLDER.finditer(resolved):
        name = match[1]
        if name not in values:
            message = f"'{name}' is used in the template and is not a variable."
            raise RenderError(message, where=where)
        value = values[name]
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        size += len(text)
        if size > limits.OUTPUT_BYTES:
            raise _output_limit(where)
        pieces += (resolved[end : match.start()], text)
        end = match.end()
    return "".join((*pieces, resolved[end:]))


def _render_simple(resolved: str, values: Mapping[str, JsonValue], where: str) -> str | None:
    """Return what Jinja2 would, for a template that only puts texts in; None for every other."""
    # Jinja2 takes a lone carriage return for the end of a line
    simple = simple_template(resolved) if "\r" not in resolved else None
    pieces = simple.filled(values) if simple else None
    if pieces is None:
        return None
    if sum(map(len, pieces)) > limits.OUTPUT_BYTES:
        raise _output_limit(where)
    return "".join(pieces)


def _render_jinja(resolved: str, values: Mapping[str, JsonValue], where: str, clock: Callable[[], float]) -> str:
    from jinja2 import TemplateError

    deadline = _Deadline(clock)
    pieces: list[str] = []
    size = 0
    try:
        context = {name: plain(value) for name, value in values.items()}
        for piece in _compiled(resolved).generate({**context, _DEADLINE: deadline}):
            size += len(piece)
            if size > limits.OUTPUT_BYTES:
                raise _output_limit(where)
            pieces.append(piece)
    except LimitReachedError as error:
        message = f"rendering stopped: {error}."
        raise RenderError(message, where=where, hint="Pass less, or make the template simpler.") from error
    except (TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as error:
        reason = shortened(safe_text(str(error), one_line=True), 300).rstrip(".")
        message = f"the template cannot be rendered with these values: {reason}."
        raise RenderError(message, where=where) from error
    return "".join(pieces)


class _Deadline:
    """When a rendering has to be done."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._end = clock() + limits.RENDER_SECONDS

    def look(self) -> None:
        """Stop the rendering when its time is over."""
        if self._clock() > self._end:
            message = f"it takes longer than {limits.RENDER_SECONDS:g} seconds"
            raise LimitReachedError(message)


@lru_cache(maxsize=_COMPILED_TEMPLATES)
def _compiled(resolved: str) -> Template:
    from jinja2 import nodes

    environment = _environment()
    tree = environment.parse(resolved)
    for loop in tree.find_all(nodes.For):
        loop.iter = nodes.Filter(loop.iter, _COUNTED, [], [], None, None, lineno=loop.lineno)
    code = environment.compile(tree)
    return environment.template_class.from_code(environment, code, {}, None)


@cache
def _environment() -> Environment:
    from jinja2 import StrictUndefined, pass_context
    from jinja2.runtime import LoopContext
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    from llmops_cli.registry.templates import filters as own  # noqa: PLC0415
    from llmops_cli.registry.templates.subset import FILTERS, TESTS  # noqa: PLC0415

    class DataEnvironment(ImmutableSandboxedEnvironment):
        """Attribute and index access read data; calls find nothing to call."""

        intercepted_binops = frozenset({"+", "-"})

        def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - as Jinja2 has it
            if isinstance(obj, LoopContext):
                return super().getattr(obj, attribute)
            return self.getitem(obj, attribute)

        def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - as Jinja2 has it
            try:
                if isinstance(obj, (dict, list, tuple, str)):
                    return obj[argument]
            except (LookupError, TypeError, ValueError):
                pass
            return self.undefined(obj=obj, name=argument)

        def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ANN401 - as Jinja2 has it
            for operand in (left, right):
                if isinstance(operand, bool) or not isinstance(operand, (int, float)):
                    message = f"'{operator}' takes numbers; join texts with ~"
                    raise TypeError(message)
            return super().call_binop(context, operator, left, right)

    @pass_context
    def counted(context: Context, values: Iterable[Any]) -> _Counted:
        return _Counted(values, context[_DEADLINE])

    environment = DataEnvironment(
        autoescape=False,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        cache_size=0,
    )
    replaced = {
        "replace": own.replace,
        "tojson": own.tojson,
        "round": own.round_number,
        "sum": own.total,
        "join": own.joiner(environment),
    }
    environment.filters = {name: replaced.get(name, environment.filters[name]) for name in FILTERS}
    environment.filters[_COUNTED] = counted
    environment.tests = {name: environment.tests[name] for name in TESTS}
    environment.globals.clear()
    return environment


class _Counted:
    """The values of a loop, which looks at the clock now and then, also when it writes nothing."""

    def __init__(self, values: Iterable[Any], deadline: _Deadline) -> None:
        if not isinstance(values, (str, dict, list, tuple)):
            # what filters return lazily; an undefined name raises here
            values = list(values)
        self._values = values
        self._deadline = deadline

    def __iter__(self) -> Iterator[Any]:
        values = iter(self._values)
        while chunk := list(islice(values, _STEPS_BETWEEN_LOOKS)):
            self._deadline.look()
            yield from chunk

    def __len__(self) -> int:
        return len(self._values)


def _output_limit(where: str) -> RenderError:
    message = f"rendering stopped: the text grows beyond {limits.OUTPUT_BYTES // 1024} KiB."
    return RenderError(message, where=where, hint="Pass less, or split the prompt.")


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
