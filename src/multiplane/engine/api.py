"""The public way in: run a recipe on inputs into a folder."""

from __future__ import annotations

import datetime
import importlib.util
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from multiplane.core import plugins, provenance
from multiplane.core.errors import MultiplaneError
from multiplane.engine import collages, folder, ledger
from multiplane.engine.check import Step
from multiplane.engine.executor import Executor, LocalExecutor
from multiplane.engine.fingerprint import FileDigests, stage_key
from multiplane.engine.inputs import (
    Inputs,
    as_source,
    described,
    gather_inputs,
    left_behind,
    outdated,
    remembered,
)
from multiplane.engine.pictures import named, refuse_inverted
from multiplane.engine.recipe import Recipe, dump_recipe, load_recipe
from multiplane.engine.resources import watched
from multiplane.engine.run import ItemFailure, Run, RunProgress, StepReport, quiet

log = logging.getLogger(__name__)

EXIT_OK = 0
EXIT_SOME_FAILED = 3


@dataclass(frozen=True)
class RunReport:
    """What came of a run.

    Attributes:
        folder: The run folder.
        steps: What came of each step, in order.
        failures: The items that failed.
        left_out: Files that could not be read, while the rest of their item is done, and pictures
            and masks without partner.
        page: The report to look at, when one could be written.
        earlier: Inputs of earlier runs that are not part of this one; their results still lie in
            the folder, while report and status are of this run alone.
        outdated: Items that failed while files of them lie in the folder, of an earlier run or
            unfinished.
    """

    folder: Path
    steps: tuple[StepReport, ...]
    failures: tuple[ItemFailure, ...]
    page: Path | None = None
    left_out: tuple[ItemFailure, ...] = ()
    earlier: tuple[str, ...] = ()
    outdated: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """Items with a result, over all steps."""
        return sum(step.done for step in self.steps)

    @property
    def reused(self) -> int:
        """Items whose result came from an earlier run, over all steps."""
        return sum(step.reused for step in self.steps)

    @property
    def failed(self) -> int:
        """Items that failed, over all steps."""
        return sum(step.failed for step in self.steps)

    @property
    def skipped(self) -> int:
        """Items that wait for a failed one upstream, over all steps."""
        return sum(step.skipped for step in self.steps)

    @property
    def exit_status(self) -> int:
        """0 when everything is done; 3 when items failed, wait for one, or files were left out."""
        return EXIT_SOME_FAILED if self.failed or self.skipped or self.left_out else EXIT_OK


def run(
    recipe: str | Path | Recipe,
    inputs: Inputs,
    out: str | Path,
    *,
    options: Mapping[str, object] | None = None,
    retry_failed: bool = False,
    progress: RunProgress | None = None,
    executor: Executor | None = None,
) -> RunReport:
    """Run a recipe; run again in the same folder, it goes on where it stopped.

    Args:
        recipe: The name of one that comes with Multiplane, the path of a YAML file, or a recipe.
        inputs: A video, a folder of pictures, planes, or several of them; or the pictures and
            masks of :func:`multiplane.pictures`.
        out: The run folder; made when absent.
        options: ``"step.option"`` → value, put over those of the recipe.
        retry_failed: Try items again that failed in an earlier run.
        progress: Told how far each step has come; raising from it cancels the run.
        executor: Where the work is done; in this process when left out.

    Returns:
        Counts, failures, and where everything lies.

    Raises:
        ConfigError: The recipe or an option is wrong; nothing has run.
        InputError: An input is not there; nothing has run.
        WeightsError: The weights of a stage cannot be had; nothing has run.
        OutputError: The folder cannot be used, or the disk is full; what was done is kept.
    """
    chosen = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    if options:
        chosen = chosen.with_options(options)
    steps = chosen.steps()
    root = Path(out).absolute()
    known = remembered(root)
    inputs, unpaired = named(inputs, known)
    planes = gather_inputs(inputs, chosen, known)
    refuse_inverted(planes, steps)
    weights = {step.id: step.stage.fingerprint(step.options) for step in steps}
    keys = {step.id: stage_key(step.stage, step.options, weights[step.id]) for step in steps}
    with folder.claim(root, chosen.name):
        folder.keep_text(root / folder.RECIPE, dump_recipe(chosen, steps))
        if remembered(root) != known:  # another run has ended since we looked
            known = remembered(root)
            inputs, unpaired = named(inputs, known)
            planes = gather_inputs(inputs, chosen, known)
        folder.write_json(root / folder.INPUTS, described(planes, known))
        folder.keep_list(root / folder.LEFT_OUT, [asdict(failure) for failure in unpaired])
        folder.write_json(root / folder.PROVENANCE, _provenance(chosen, steps, weights))
        book = ledger.Ledger(root / ledger.FILE_NAME)
        try:
            digests = FileDigests(book.digests())
            source = as_source(planes, digests)
            book.keep_digests(digests.fresh)
            with watched(root, progress or quiet) as told:
                work = Run(
                    root,
                    steps,
                    keys,
                    book,
                    executor or LocalExecutor(),
                    progress=told,
                    retry_failed=retry_failed,
                )
                work.go(source)
        finally:
            book.close()
        collages.hand_out(root, steps)
        page = _write_report(root)
        order = [step.id for step in steps]
        earlier = left_behind(root, order, planes, known)
        failed = [(failure.step, failure.item) for failure in work.failures]
        stale = outdated(root, order, failed)
    return RunReport(
        root,
        tuple(work.reports),
        tuple(work.failures),
        page,
        (*unpaired, *work.left_out),
        tuple(earlier),
        tuple(stale),
    )


def _provenance(
    recipe: Recipe, steps: tuple[Step, ...], weights: Mapping[str, str]
) -> dict[str, Any]:
    """What the run is made with."""
    described = []
    for step in steps:
        options = step.options.model_dump(mode="json")
        described.append(
            {
                "step": step.id,
                "stage": step.stage.name,
                "version": step.stage.version,
                "fingerprint": weights[step.id],
                "seeds": dict(_seeds(options)),
                "options": options,
            }
        )
    return {
        "recipe": {"name": recipe.name, "version": recipe.version, "file": recipe.file},
        "versions": provenance.versions(),
        "started": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "steps": described,
    }


def _seeds(value: object, path: str = "") -> list[tuple[str, object]]:
    """Every option called ``seed``, by its dotted key."""
    if not isinstance(value, dict):
        return []
    found: list[tuple[str, object]] = []
    for key, inner in value.items():
        name = f"{path}.{key}".lstrip(".")
        found += [(name, inner)] if key == "seed" else _seeds(inner, name)
    return found


def _write_report(root: Path) -> Path | None:
    """Write the page to look at; its failure does not undo the run."""
    if importlib.util.find_spec("multiplane.engine.report") is None:
        return None
    try:
        page: Path = plugins.load("multiplane.engine.report:write_report")(root)
    except MultiplaneError as error:
        log.warning("no report: %s", error)
        return None
    except Exception:
        log.exception("no report; this is a fault of the program, please report it")
        return None
    return page
