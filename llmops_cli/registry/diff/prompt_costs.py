"""What an edit costs: the change of the prompt's own tokens, in dollars per call, day and month.

Only the prompt's fixed text is counted, since nothing else is known at edit time: what callers fill in and
what the model answers come on top. A month has 30 days. A price that is not known gives no dollars, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.core.completions import Usage
from llmops_cli.core.prompts import Message
from llmops_cli.registry.costs.prices import cost_usd

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from llmops_cli.core.prompts import Prompt
    from llmops_cli.registry.costs.prices import Price
    from llmops_cli.registry.costs.tokens import TokenCount

    CountMessages = Callable[[Iterable[Message], str], TokenCount]
    PriceOf = Callable[[str], Price | None]

DAYS_PER_MONTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenDelta:
    """Input tokens of the fixed text before and after; `exact` when the model's own tokeniser counted both."""

    before: int
    after: int
    exact: bool

    @property
    def change(self) -> int:
        """How many tokens a call has more (or fewer, when negative)."""
        return self.after - self.before


@dataclass(frozen=True, slots=True, kw_only=True)
class CostDelta:
    """US dollars that calls cost more (or less, when negative) for the fixed text of the prompt.

    `usd_per_call` is None when a price is unknown (`unpriced` names the models); `calls_per_day` is None
    when the prompt declares no traffic.
    """

    usd_per_call: float | None
    calls_per_day: float | None
    unpriced: tuple[str, ...] = ()

    @property
    def usd_per_day(self) -> float | None:
        """Dollars a day at the declared traffic, or None when price or traffic are unknown."""
        if self.usd_per_call is None or self.calls_per_day is None:
            return None
        return self.usd_per_call * self.calls_per_day

    @property
    def usd_per_month(self) -> float | None:
        """Dollars in 30 days, or None when price or traffic are unknown."""
        return None if self.usd_per_day is None else self.usd_per_day * DAYS_PER_MONTH

    def sentence(self) -> str:
        """Say it to a person: `+$0.002 a call: +$200 a day, +$6,000 a month (30 days) at 100,000 calls a day`."""
        if self.usd_per_call is None:
            return f"cost unknown: no price for {', '.join(self.unpriced)}"
        call = f"{usd(self.usd_per_call)} a call"
        if self.usd_per_day is None or self.usd_per_month is None:
            return f"{call} (declare traffic.calls_per_day to see it per month)"
        month = f"{usd(self.usd_per_day)} a day, {usd(self.usd_per_month)} a month ({DAYS_PER_MONTH} days)"
        return f"{call}: {month} at {self.calls_per_day:,.10g} calls a day"


def usd(amount: float) -> str:
    """Write a change of dollars with its sign, in as many digits as say something: `+$200`, `−$0.0021`."""
    sign = "+" if amount > 0 else "−" if amount < 0 else ""
    size = abs(amount)
    if size >= 1000 or size == round(size):  # noqa: PLR2004 - cents do not matter beyond a thousand dollars
        return f"{sign}${size:,.0f}"
    if size >= 1:
        return f"{sign}${size:,.2f}"
    decimals = next((places for places in range(2, 12) if round(size, places) >= 10 ** (1 - places)), 12)
    return f"{sign}${size:.{decimals}f}".rstrip("0").rstrip(".")


def token_delta(old: Prompt | None, new: Prompt | None, count: CountMessages) -> TokenDelta:
    """Count the fixed text of both prompts, each with its own model's tokeniser; a missing prompt has none."""
    counts = [count(_fixed_text(prompt), prompt.model.name) if prompt else None for prompt in (old, new)]
    before, after = (found.tokens if found else 0 for found in counts)
    return TokenDelta(before=before, after=after, exact=all(found.exact for found in counts if found))


def cost_delta(old: Prompt | None, new: Prompt | None, tokens: TokenDelta, price_of: PriceOf) -> CostDelta:
    """Turn tokens into dollars, each side at the price of its own model."""
    sides = [(prompt, count) for prompt, count in ((old, tokens.before), (new, tokens.after)) if prompt]
    prices = {prompt.model.name: price_of(prompt.model.name) for prompt, _ in sides}
    unpriced = tuple(name for name, price in prices.items() if price is None)
    traffic = (new.traffic if new else None) or (old.traffic if old else None)
    calls = traffic.calls_per_day if traffic else None
    if unpriced:
        return CostDelta(usd_per_call=None, calls_per_day=calls, unpriced=unpriced)
    before, after = (_cost(prompt, count, prices) for prompt, count in ((old, tokens.before), (new, tokens.after)))
    if old and new and prices[old.model.name] == (price := prices[new.model.name]) and price:
        # one price: from the difference itself, since the difference of two rounded products is off by dust
        sign = -1 if tokens.change < 0 else 1
        return CostDelta(
            usd_per_call=sign * cost_usd(price, Usage(input_tokens=abs(tokens.change))), calls_per_day=calls
        )
    return CostDelta(usd_per_call=after - before, calls_per_day=calls)


def _cost(prompt: Prompt | None, tokens: int, prices: dict[str, Price | None]) -> float:
    price = prices[prompt.model.name] if prompt else None
    return cost_usd(price, Usage(input_tokens=tokens)) if price else 0.0


def _fixed_text(prompt: Prompt) -> tuple[Message, ...]:
    return tuple(Message(role=template.role, content=template.resolved) for template in prompt.messages)
