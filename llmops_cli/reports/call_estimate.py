"""Tokens and dollars of one call, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from llmops_cli.reports.numbers import count, usd

if TYPE_CHECKING:
    from llmops_cli.core.json_value import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEstimate:
    """One call: tokens in, the most tokens out, and dollars; dollars are None where no price is known."""

    model: str
    input_tokens: int
    exact: bool
    error_fraction: float
    output_tokens_limit: int | None
    input_usd: float | None
    most_usd: float | None

    def as_json(self) -> JsonObject:
        """Return the estimate for machines."""
        return {
            "model": self.model,
            "input_tokens": self.input_tokens,
            "exact": self.exact,
            "error_fraction": self.error_fraction,
            "output_tokens_limit": self.output_tokens_limit,
            "input_usd": self.input_usd,
            "most_usd": self.most_usd,
        }

    def tokens_in_words(self) -> str:
        """Return `412 tokens in (estimate ±10%), at most 120 out`."""
        doubt = "exact" if self.exact else f"estimate ±{round(self.error_fraction * 100)}%"
        most = "" if self.output_tokens_limit is None else f", at most {count(self.output_tokens_limit)} out"
        return f"{count(self.input_tokens)} tokens in ({doubt}){most}"

    def cost_in_words(self) -> str:
        """Return `$0.0012 in, at most $0.002 a call`, or that the price is unknown."""
        if self.input_usd is None:
            return "price unknown; set it under models: in llmops.yaml"
        if self.input_usd == 0 and not self.most_usd:
            return "$0 a call"
        if self.most_usd is None:
            return f"{usd(self.input_usd)} in; no limit on the answer"
        return f"{usd(self.input_usd)} in, at most {usd(self.most_usd)} a call"
