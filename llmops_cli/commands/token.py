"""`llmops token create|list|revoke`: who may read and write through the config service."""

from typing import Annotated

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._parameters import Format, TextOrJson
from llmops_cli.commands._service_options import TOKEN_FILE, TokenFile
from llmops_cli.core.errors import UsageError
from llmops_cli.core.exit_codes import ExitCode

LONGEST_DAYS = 3650
TokenName = Annotated[str, typer.Argument(metavar="NAME", help="Who holds it, for example ci.", show_default=False)]


def create_token(
    ctx: typer.Context,
    name: TokenName,
    *,
    allow: Annotated[
        list[str] | None,
        typer.Option(
            "--allow",
            metavar="SCOPE:ENV[:PROMPTS]",
            help="What it may do, for example read:production or rollback:production:support-*; repeatable.",
            show_default=False,
        ),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="How long it is valid.")] = 90,
    tokens: TokenFile = TOKEN_FILE,
) -> ExitCode:
    """Make a token and print it once.

    Scopes: read; publish (also promote, canary); rollback (also hold, disable, freeze, canary abort: what makes
    things safer); admin (everything, also unhold, unfreeze, enable, yank). Every scope reads what it covers.
    """
    import secrets  # noqa: PLC0415 - only when the command runs
    from datetime import UTC, datetime, timedelta  # noqa: PLC0415 - only when the command runs

    from llmops_cli.release.service.grants import Grant  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.service.token_file import add_token  # noqa: PLC0415 - only when the command runs
    from llmops_cli.release.service.tokens import NAME, new_token  # noqa: PLC0415 - only when the command runs

    invocation = invocation_of(ctx)
    if not NAME.fullmatch(name):
        message = "a token's name has up to 80 letters, digits, blanks and . _ @ -"
        raise UsageError(message)
    if not allow:
        message = "a token that may do nothing is of no use."
        raise UsageError(message, hint="Say what it may do: --allow read:production")
    now = datetime.now(UTC)
    token, secret = new_token(
        name,
        tuple(map(Grant.parse, allow)),
        now=now,
        expires=now + timedelta(days=days),
        random_bytes=secrets.token_bytes,
    )
    path = invocation.path(tokens)
    add_token(path, token)
    invocation.console.payload(secret)
    invocation.console.note(f"This is shown once. {token.id} is valid until {token.expires_at}; its hash is in {path}.")
    return ExitCode.PASS


def list_tokens(
    ctx: typer.Context, *, tokens: TokenFile = TOKEN_FILE, output_format: Format = TextOrJson.TEXT
) -> ExitCode:
    """List the tokens, what each may do, and until when. No secret is kept, so none is shown."""
    from datetime import UTC, datetime  # noqa: PLC0415 - only when the command runs

    from llmops_cli.release.service.token_file import read_tokens  # noqa: PLC0415 - only when the command runs
    from llmops_cli.reports.tokens_report import TokenRow, tokens_json, tokens_text  # noqa: PLC0415 - only when the command runs

    invocation = invocation_of(ctx)
    now = datetime.now(UTC)
    rows = [
        TokenRow(
            id=token.id,
            name=token.name,
            grants=tuple(map(str, token.permissions.grants)),
            expires_at=token.expires_at,
            expired=token.expired(now),
        )
        for token in read_tokens(invocation.path(tokens))
    ]
    if output_format is TextOrJson.JSON:
        invocation.console.payload(tokens_json(rows))
        return ExitCode.PASS
    if rows:
        invocation.console.payload(tokens_text(rows, invocation.console.report_page))
    else:
        invocation.console.note("There are no tokens.\nNext: llmops token create NAME --allow read:production")
    return ExitCode.PASS


def revoke_token(ctx: typer.Context, name: TokenName, *, tokens: TokenFile = TOKEN_FILE) -> ExitCode:
    """Revoke a token by its name or id; a running service takes it for invalid within a second."""
    from llmops_cli.release.service.token_file import revoke_token as revoke  # noqa: PLC0415 - only when the command runs

    invocation = invocation_of(ctx)
    token = revoke(invocation.path(tokens), name)
    invocation.console.note(f"Revoked {token.id} ({token.name}).")
    return ExitCode.PASS
