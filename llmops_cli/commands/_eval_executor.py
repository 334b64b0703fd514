"""Where the trials of `eval` run: in this process, or with `--executor ray` on a cluster.

What goes to the workers is what a trial needs: prompt, metrics, the settings of `llmops.yaml`, rubrics, and the cases
one by one. Keys are not among it, nor anything else of the environment: workers have an environment of their own.
"""

from __future__ import annotations

import os
import platform
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from llmops_cli.commands._gateway_settings import gateway_settings_of
from llmops_cli.commands._invocation import Invocation
from llmops_cli.commands._judges import scorers
from llmops_cli.commands._workspace import Workspace
from llmops_cli.core.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

    from llmops_cli.commands._eval_options import EvalOptions
    from llmops_cli.evals.distributed.worker import WorkerPlace
    from llmops_cli.evals.job import EvalJob
    from llmops_cli.evals.ports import Executor
    from llmops_cli.gateway.assembly import Gateway
    from llmops_cli.registry.project_file import ProjectSettings

Cluster: TypeAlias = Any
"""The `ray` module, connected; type checkers need not have it."""


@contextmanager
def open_cluster(options: EvalOptions) -> Iterator[Cluster | None]:
    """Connect to the cluster that the options name, if they name one."""
    if options.ray_address is None:
        yield None
        return
    from llmops_cli.evals.distributed.ray_cluster import ray_cluster  # noqa: PLC0415 - only with this option

    with ray_cluster(options.ray_address) as cluster:
        yield cluster


@asynccontextmanager
async def executor_for(
    workspace: Workspace, job: EvalJob, options: EvalOptions, gateway: Gateway, cluster: Cluster | None
) -> AsyncIterator[Executor | None]:
    """Yield what runs the trials of `job` on the cluster, None where they run in this process."""
    if cluster is None:
        yield None
        return
    from llmops_cli.evals.distributed.ray_executor import ray_workers  # noqa: PLC0415 - only with this option

    work = remote_work(workspace, job, options, gateway)
    async with ray_workers(cluster, job, work, workspace.console.note) as executor:
        yield executor


def remote_work(workspace: Workspace, job: EvalJob, options: EvalOptions, gateway: Gateway) -> RemoteWork:
    """Return what workers are sent beside the job."""
    return RemoteWork(
        root=str(workspace.root),
        options=options,
        project=workspace.settings,
        offline=workspace.invocation.offline,
        rubrics={path: workspace.tree.read(path) for path in workspace.catalog.rubric_paths()} if _judged(job) else {},
        usable=() if options.replays else tuple(filter(partial(_is_usable, gateway), _models(workspace, job))),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteWork:
    """Opens the gateway on a worker. A value: it travels there.

    `usable` are the models that can be asked where the run was started. A worker that cannot ask them would answer
    from recordings while others ask the model.
    """

    root: str
    options: EvalOptions
    project: ProjectSettings
    offline: bool
    rubrics: Mapping[str, bytes]
    usable: tuple[str, ...]

    @asynccontextmanager
    async def __call__(self, job: EvalJob, place: WorkerPlace, notes: list[str]) -> AsyncIterator[Executor]:
        """Open the gateway for as long as the worker lives.

        Raises:
            SetupError: when the repository, a key or whatever else a model takes is not there.
        """
        from llmops_cli.evals.trial_work import TrialWork  # noqa: PLC0415 - only on workers
        from llmops_cli.gateway.assembly import open_gateway  # noqa: PLC0415 - only on workers
        from llmops_cli.registry.catalog import Catalog  # noqa: PLC0415 - only on workers
        from llmops_cli.registry.templates.template import render_messages  # noqa: PLC0415 - only on workers

        self._check_repository()
        invocation = Invocation(stdout=sys.stdout, stderr=sys.stderr, environ=os.environ, folder=Path(self.root))
        invocation.options["offline"] = self.offline
        workspace = Workspace(invocation)
        project = shared_limits(self.project, place.workers)
        settings = replace(
            gateway_settings_of(project, invocation, Path(self.root), self.options),
            # SQLite files on a network file system get damaged
            use_cache=self.options.use_cache and place.beside_the_run,
            notify=notes.append,
        )
        async with open_gateway(settings) as gateway:
            for model in self.usable:
                _check_usable(gateway, model)
            catalog = Catalog(_Rubrics(self.rubrics), project)
            bind = scorers(workspace, gateway, self.options.mode, suite_path=job.suite.path, catalog=catalog)
            yield TrialWork(job, model=gateway, render=render_messages, bind=bind)

    def _check_repository(self) -> None:
        if not Path(self.root).is_dir():
            message = f"the repository is not at {self.root} on this node of the Ray cluster."
            hint = "Put it there on every node (a shared volume, the image), or use ray job submit --working-dir ."
            raise SetupError(message, where=platform.node(), hint=hint)


def _check_usable(gateway: Gateway, model: str) -> None:
    try:
        gateway.check_usable(model)
    except SetupError as error:
        hint = "Every node of the Ray cluster needs what this machine has; keys are not sent there."
        raise SetupError(error.message, where=platform.node(), hint=hint) from error


def shared_limits(project: ProjectSettings, workers: int) -> ProjectSettings:
    """Return the settings with each worker's part of what a provider takes from all of them together."""

    def part(whole: int | None) -> int | None:
        return None if whole is None else max(whole // workers, 1)

    providers = {
        name: replace(
            provider,
            requests_per_minute=part(provider.requests_per_minute),
            tokens_per_minute=part(provider.tokens_per_minute),
            concurrency=max(-(-provider.concurrency // workers), 1),
        )
        for name, provider in project.providers.items()
    }
    return replace(project, providers=providers)


def _judged(job: EvalJob) -> bool:
    from llmops_cli.registry.suite_judges import judge_metrics  # noqa: PLC0415 - only with this option

    return bool(judge_metrics(job.suite))


def _models(workspace: Workspace, job: EvalJob) -> list[str]:
    """Return the prompt's model and those of the judges."""
    from llmops_cli.registry.suite_judges import (  # noqa: PLC0415 - only with this option
        judge_metrics,
        judge_names,
        judge_settings_of,
        load_rubric,
        rubric_path,
    )

    settings = workspace.settings
    models = {job.model.name}
    for spec in judge_metrics(job.suite):
        path = rubric_path(str(spec.parameters.get("rubric", "")), job.suite.path)
        parsed = load_rubric(workspace.catalog, path) if path else None
        names = judge_names(spec, parsed.rubric if parsed else None, settings)
        models.update(judge_settings_of(name, settings).model for name in names)
    return sorted(models)


def _is_usable(gateway: Gateway, model: str) -> bool:
    try:
        gateway.check_usable(model)
    except SetupError:
        return False
    return True


class _Rubrics:
    """The rubrics as they were where the run was started; workers read no other file of the registry."""

    label = "rubrics of the run"

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def paths(self, folder: str = "") -> Iterator[str]:
        return iter(sorted(path for path in self._files if not folder or path.startswith(f"{folder}/")))

    def read(self, path: str) -> bytes:
        if path not in self._files:
            raise FileNotFoundError(path)
        return self._files[path]

    def holds(self, path: str, data: bytes) -> bool:
        return self._files.get(path) == data
