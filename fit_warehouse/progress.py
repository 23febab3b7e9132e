"""Show long work: a bar with an estimate on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from fit_warehouse.home import Home, read_json, write_json


@dataclass(slots=True)
class Steps:
    """The steps of one command.

    Attributes
    ----------
    console
        Where to show them.
    last
        Seconds that each step took last time: the bar's estimate. A first run has none.
    took
        Seconds that each step took this time.
    """

    console: Console
    last: dict[str, float] = field(default_factory=dict)
    took: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str, doing: str) -> Iterator[Step]:
        """Show one step from its start to its end."""
        started = time.monotonic()
        if self.console.is_terminal:
            with Progress(
                TextColumn("{task.description}"),
                BarColumn(bar_width=30),
                TextColumn("{task.fields[estimate]}"),
                TimeElapsedColumn(),
                console=self.console,
                transient=True,
            ) as bar:
                expected = self.last.get(name)
                estimate = f"about {expected:.0f} s" if expected else ""
                task = bar.add_task(doing, total=None, estimate=estimate)
                yield Step(lambda what: bar.update(task, description=f"{doing}: {what:<44.44}"))
        else:
            self.console.print(f"{doing} ...", highlight=False)
            yield Step(lambda _: None)
        self.took[name] = time.monotonic() - started
        self.console.print(f"{doing}: done in {self.took[name]:.1f} s", highlight=False)


@dataclass(frozen=True, slots=True)
class Step:
    """A step at work; call `say` with what it is at."""

    say: Callable[[str], None]


@contextmanager
def steps(console: Console, home: Home) -> Iterator[Steps]:
    """Show the steps of a command, and remember how long they took for the next time."""
    shown = Steps(console, last=read_json(home.timings, {}))
    yield shown
    write_json(home.timings, {**shown.last, **shown.took})
