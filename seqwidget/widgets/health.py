"""The answers to requests for the health of channels, over the samples or the whole data set."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator

import numpy as np

from ..activations.cache import Activations
from ..activations.channel_health import Analysis
from ..activations.datasets import Dataset
from ..activations.model_inputs import batches
from ..activations.samples import Samples
from ..errors import UserError
from ..i18n.messages import Text, message
from ..render.text import one_line
from .records import Progress
from .requests import LONGEST, Answer, Partial, RequestData, Steps, sentence

_EVERY = 1.0  # seconds between two partial answers, at least
_SHARE = 10  # an analysis takes at least this many times as long as its partial answers


class ReplacedError(UserError):
    """A newer request has replaced this one, and continues its work."""


class HealthAnswers:
    """The health of the channels of all layers, for one state of a model.

    Parameters
    ----------
    activations : Activations
        The layers and the samples.
    version : int
        The number of the model's state.
    dataset : Dataset, optional
        The data set whose first samples these are.
    """

    def __init__(self, activations: Activations, version: int, dataset: Dataset | None) -> None:
        self._activations, self._version, self._dataset = activations, version, dataset
        self._complete: dict[bool, Answer] = {}
        self._running: dict[bool, _Pass] = {}

    def answer(self, ask: RequestData) -> Steps:
        """Return the health over all samples or, for ``dataset``, over the whole data set.

        The data set is read one batch at a time, so it may be of any length. If this is stopped or
        fails, there is an answer, too: it covers the samples analysed so far, and says why there
        are no more. A newer request continues the work of an older one.
        """
        dataset = self._dataset if ask.get("dataset") else None
        whole = dataset is not None
        if whole in self._complete:
            return self._complete[whole]
        now = self._running.setdefault(whole, _Pass(self._activations, dataset))
        try:
            for progress in now.steps:
                yield Partial(progress, lambda: now.partial(self._facts))
        except (Exception, KeyboardInterrupt) as error:
            if not isinstance(error, ReplacedError):
                del self._running[whole]
            if not now.analysis.samples:
                raise
            return self._facts(now, sentence(error))
        del self._running[whole]
        self._complete[whole] = self._facts(now)
        return self._complete[whole]

    def _facts(self, now: _Pass, problem: Text = "") -> Answer:
        found = now.analysis.health()
        facts = [
            {
                "path": one.path,
                "channels": one.channels,
                "dead": one.dead,
                "saturated": one.saturated,
                "not_finite": one.not_finite,
                "duplicates": one.duplicates,
                "whole": one.looked_at == 1,
            }
            for one in found
        ]
        return Answer(
            {
                "layers": facts,
                "samples": now.analysis.samples,
                "dataset": now.dataset is not None,
                "problem": problem and one_line(problem, LONGEST),
                "version": self._version,
            },
            {
                "histograms": np.array([one.histogram for one in found]),
                "spans": np.array([[one.low, one.high] for one in found], "float32"),
            },
        )


class _Pass:
    """A run over all samples, or over a data set.

    Attributes
    ----------
    analysis
        The health over the samples so far.
    dataset
        The data set, or None for the samples.
    steps
        The steps that remain.
    """

    def __init__(self, activations: Activations, dataset: Dataset | None) -> None:
        self.analysis, self.dataset = Analysis(activations), dataset
        self.steps = self._samples(activations.batch) if dataset is None else self._batches(activations, dataset)
        self._told, self._due = 0, time.monotonic() + _EVERY

    def partial(self, make: Callable[[_Pass], Answer]) -> Answer | None:
        """Return an answer about the samples so far, or None if the last one is not old enough."""
        begin = time.monotonic()
        if begin < self._due or self.analysis.samples == self._told:
            return None
        answer, end = make(self), time.monotonic()
        self._told, self._due = self.analysis.samples, end + max(_EVERY, _SHARE * (end - begin))
        return answer

    def _samples(self, samples: Samples) -> Iterator[Progress]:
        for _ in self.analysis.add(samples):
            yield {"done": self.analysis.samples, "of": len(samples)}

    def _batches(self, activations: Activations, dataset: Dataset) -> Iterator[Progress]:
        found, of = batches(dataset, activations.model), dataset.batches
        for done in itertools.count():
            yield {"done": done, "of": of, "samples": self.analysis.samples}
            try:
                batch = next(found, None)
            except Exception as error:
                msg = message("batch {number} of the data set: {error}", number=done + 1, error=sentence(error))
                raise UserError(msg) from error
            if batch is None:
                return
            for _ in self.analysis.add(batch):
                yield {"done": done, "of": of, "samples": self.analysis.samples}
            del batch  # before the next one is read
