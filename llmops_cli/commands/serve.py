"""`llmops serve`: the config service."""

from pathlib import Path
from typing import Annotated

import typer

from llmops_cli.commands._invocation import invocation_of
from llmops_cli.commands._service_options import TOKEN_FILE, TokenFile
from llmops_cli.core.errors import SetupError, TargetError
from llmops_cli.core.exit_codes import ExitCode


def serve(  # noqa: PLR0913 - typer takes options as parameters
    ctx: typer.Context,
    *,
    target: Annotated[
        str, typer.Option("--target", metavar="URI", help="Where the releases are kept.")
    ] = "sqlite:releases.db",
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="The port to listen on.")] = 8080,
    tokens: TokenFile = TOKEN_FILE,
    host_name: Annotated[
        list[str] | None,
        typer.Option("--host-name", metavar="NAME", help="A name that readers use; repeatable.", show_default=False),
    ] = None,
    tls_cert: Annotated[
        Path | None, typer.Option("--tls-cert", metavar="FILE", help="The certificate chain.", show_default=False)
    ] = None,
    tls_key: Annotated[
        Path | None, typer.Option("--tls-key", metavar="FILE", help="Its private key.", show_default=False)
    ] = None,
) -> ExitCode:
    """Serve prompts to applications: our client, OpenFeature, flagd, Langfuse SDKs, curl.

    Reads come from memory; writes are checked again and durable before they are answered. Without a token file
    the service is read-only. Another address than this machine's own needs TLS and tokens.
    """
    invocation = invocation_of(ctx)
    console = invocation.console
    try:
        from llmops_cli.release.service.certificate import check_certificate  # noqa: PLC0415 - a web server
        from llmops_cli.release.service.running import open_server  # noqa: PLC0415 - a web server
        from llmops_cli.release.service.server import Address  # noqa: PLC0415 - a web server
    except ModuleNotFoundError as error:
        message = f"the service needs the Python package '{error.name}', which is not installed."
        raise SetupError(message, hint="Install it: pip install 'llmops-cli[serve]'") from error
    from llmops_cli.release.opening import Surroundings, open_target  # noqa: PLC0415 - only when the command runs

    token_path = invocation.path(tokens)
    address = Address(
        host=host,
        port=port,
        names=tuple(host_name or ()),
        certificate=invocation.path(tls_cert) if tls_cert else None,
        key=invocation.path(tls_key) if tls_key else None,
    )
    address.check(tokens=token_path.exists())
    if address.certificate and address.key and (trouble := check_certificate(address.certificate, address.key)):
        console.error(f"warning: no client will connect: {trouble}.")
    store = open_target(target, Surroundings(folder=invocation.folder, environ=invocation.environ))
    try:
        server = open_server(store, address, token_path, console.log_line)
        console.note(f"Serving {store.label} at {address.url}")
        if not token_path.exists():
            console.note("Read-only: there is no token file. For writers: llmops token create NAME --allow publish:ENV")
        if not server.run_until_stopped():
            message = f"{address.url} cannot be listened on, or the store cannot be read."
            raise TargetError(message, hint="Is another service running there? Take another --port.")
    finally:
        store.close()
    return ExitCode.PASS
