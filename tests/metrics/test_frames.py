"""Frames give group by group what the functions of arrays give for each group alone."""

from __future__ import annotations

import ast
import doctest
import importlib
import math
import pkgutil
import re
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import fit_metrics
from fit_metrics import agreement, effect_size, frames, rates, reliable_change, scale
from fit_metrics.reliable_change import CHANGE_CLASSES

quick = settings(deadline=None, max_examples=50)
STATISTIC = ["n", "n_missing", "estimate", "ci_low", "ci_high", "ci_level", "method"]
KEYS = ["team", "year"]
ROOT = Path(fit_metrics.__file__).parent
PAGE = ROOT.parent / "docs" / "how_to" / "frames.md"

score = st.none() | st.integers(0, 400).map(lambda tenths: tenths / 10)
flag = st.none() | st.booleans()
rows = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]), st.sampled_from([2025, 2026]),
        *[score] * 3, flag, flag, st.none() | st.sampled_from(CHANGE_CLASSES),
    ),
    max_size=40,
)  # fmt: skip
SCHEMA = {
    "team": pl.String,
    "year": pl.Int16,
    **dict.fromkeys(("pre", "post", "third"), pl.Float64),
    **dict.fromkeys(("better", "treated"), pl.Boolean),
    "label": pl.String,
}

CLASS_OPTIONS: dict[str, Any] = {
    "score_step": 0.1,
    "cutoff_is_functional": True,
    "reliable_change_inclusive": True,
}
Call = Callable[[pl.DataFrame], pl.DataFrame]
CALLS: dict[str, Call] = {
    "pre_post_d": lambda frame: frames.pre_post_d(frame, "pre", "post", by=KEYS),
    "two_group_d": lambda frame: frames.two_group_d(frame, "post", "treated", by=KEYS),
    "shares": lambda frame: frames.shares(frame, "better", by=KEYS),
    "class_shares": lambda frame: frames.class_shares(
        frame, "label", by=KEYS, labels=CHANGE_CLASSES
    ),
    "share_difference": lambda frame: frames.share_difference(frame, "better", "treated", by=KEYS),
    "means": lambda frame: frames.means(frame, "post", by=KEYS),
    "agreement": lambda frame: frames.agreement(frame, "pre", "post", by=KEYS),
    "alpha": lambda frame: frames.alpha(frame, ["pre", "post", "third"], by=KEYS),
}


def frame_of(table: list[tuple[Any, ...]]) -> pl.DataFrame:
    return pl.DataFrame(table, schema=SCHEMA, orient="row")


def pieces(frame: pl.DataFrame) -> list[tuple[dict[str, Any], pl.DataFrame]]:
    keys = sorted({(row["team"] is None, row["team"], row["year"]) for row in frame.to_dicts()},
                  key=lambda key: (key[0], key[1] or "", key[2]))  # fmt: skip
    return [
        (
            {"team": team, "year": year},
            frame.filter(pl.col("team").eq_missing(team) & (pl.col("year") == year)),
        )
        for _, team, year in keys
    ]


def assert_line(line: dict[str, Any], alone: Any, n_missing: int | None = None) -> None:
    """Compare a line with a record; what is nan there is null here."""
    for name in STATISTIC:
        wanted = (
            n_missing if name == "n_missing" and n_missing is not None else getattr(alone, name)
        )
        if isinstance(wanted, float) and math.isnan(wanted):
            assert line[name] is None, name
        else:
            assert line[name] == (
                pytest.approx(wanted, rel=1e-9, abs=1e-9) if isinstance(wanted, float) else wanted
            ), name


def assert_keys(lines: list[dict[str, Any]], frame: pl.DataFrame) -> None:
    assert [{name: line[name] for name in KEYS} for line in lines] == [k for k, _ in pieces(frame)]


@quick
@given(
    rows,
    st.sampled_from(["pre_sd", "average_sd", "change_sd", "repeated"]),
    st.booleans(),
    st.sampled_from(["higher_is_better", "lower_is_better"]),
    st.floats(0.5, 0.99),
)
def test_pre_post_d_is_that_of_each_group(
    table: list[tuple[Any, ...]], standardizer: Any, correct: bool, direction: Any, level: float
) -> None:
    frame = frame_of(table)
    options: dict[str, Any] = {
        "standardizer": standardizer,
        "correct_bias": correct,
        "direction": direction,
        "level": level,
        "ci": "noncentral_t" if standardizer == "change_sd" else "normal",
    }
    lines = frames.pre_post_d(frame, "pre", "post", by=KEYS, **options).to_dicts()
    assert_keys(lines, frame)
    for line, (_, group) in zip(lines, pieces(frame), strict=True):
        alone = effect_size.pre_post_d(group["pre"], group["post"], missing="omit", **options)
        assert_line(line, alone)
        for name in ("mean_change", "standardizer_sd"):
            assert (line[name] is None) == math.isnan(getattr(alone, name)), name


@quick
@given(rows, st.sampled_from(["wilson", "clopper_pearson", "jeffreys"]))
def test_shares_are_those_of_each_group(table: list[tuple[Any, ...]], method: Any) -> None:
    frame = frame_of(table)
    lines = frames.shares(frame, "better", by=KEYS, method=method).to_dicts()
    assert_keys(lines, frame)
    for line, (_, group) in zip(lines, pieces(frame), strict=True):
        n, count = group["better"].count(), int(group["better"].sum())
        assert line["successes"] == count
        assert_line(line, getattr(rates, method)(count, n), group.height - n)


@quick
@given(rows)
def test_class_shares_are_disjoint_and_exhaustive(table: list[tuple[Any, ...]]) -> None:
    frame = frame_of(table)
    made = CALLS["class_shares"](frame)
    assert made.height == len(pieces(frame)) * len(CHANGE_CLASSES)
    for (_, group), start in zip(pieces(frame), range(0, made.height, 4), strict=True):
        lines = made[start : start + 4].to_dicts()
        assert [line["label"] for line in lines] == list(CHANGE_CLASSES)
        assert sum(line["successes"] for line in lines) == lines[0]["n"] == group["label"].count()
        for line in lines:
            count = int((group["label"] == line["label"]).sum())
            assert_line(line, rates.wilson(count, line["n"]), group["label"].null_count())
    assert_frame_equal(
        made,
        frames.class_shares(
            frame.with_columns(pl.col("label").cast(pl.Enum(CHANGE_CLASSES))), "label", by=KEYS
        ),
    )


@quick
@given(rows)
def test_means_differences_and_scales_are_those_of_each_group(table: list[tuple[Any, ...]]) -> None:
    frame = frame_of(table)
    made = {name: call(frame).to_dicts() for name, call in CALLS.items()}
    for name in ("means", "two_group_d", "share_difference", "alpha"):
        assert_keys(made[name], frame)
    for position, (_, group) in enumerate(pieces(frame)):
        assert_line(made["means"][position], rates.mean_interval(group["post"], missing="omit"))
        items = group.select("pre", "post", "third").to_numpy()
        assert_line(made["alpha"][position], scale.cronbach_alpha(items, missing="omit"))
        for line, model in zip(made["agreement"][6 * position :], ("A1", "C1"), strict=False):
            assert line["indicator"] == f"icc_{model}"
            assert_line(line, agreement.icc(items[:, :2], model=model, missing="omit"))  # type: ignore[arg-type]
        limits = agreement.bland_altman(group["pre"], group["post"], missing="omit")
        for line in made["agreement"][6 * position + 2 : 6 * position + 6]:
            assert_line(line, getattr(limits, line["indicator"]))
        known = group.drop_nulls("treated")
        one, two = (known.filter(pl.col("treated") == kind) for kind in (True, False))
        alone = effect_size.two_group_d(one["post"], two["post"], missing="omit")
        assert_line(
            made["two_group_d"][position],
            alone,
            alone.n_missing + group["treated"].null_count(),  # type: ignore[operator]
        )
        counts = [
            value
            for kind in (one, two)
            for value in (int(kind["better"].sum()), kind["better"].count())
        ]
        alone_share = rates.share_difference(*counts)
        assert_line(made["share_difference"][position], alone_share, group.height - alone_share.n)


@quick
@given(rows, st.randoms())
def test_the_order_of_rows_does_not_matter(table: list[tuple[Any, ...]], random: Any) -> None:
    shuffled = list(table)
    random.shuffle(shuffled)
    for name, call in CALLS.items():
        one, other = call(frame_of(table)), call(frame_of(shuffled))
        assert one.select(KEYS).equals(other.select(KEYS)), name
        assert_frame_equal(one, other, rel_tol=1e-7, abs_tol=1e-7)


@pytest.mark.parametrize("name", CALLS)
def test_an_empty_frame_gives_an_empty_one_of_the_same_types(name: str) -> None:
    call = CALLS[name]
    whole = call(frame_of([("a", 2026, 1.0, 2.0, 3.0, True, True, "improved")] * 2))
    empty = call(frame_of([]))
    assert empty.height == 0
    assert empty.schema == whole.schema
    assert [column for column in whole.columns if column in STATISTIC] == STATISTIC
    assert whole.columns[:2] == KEYS


@pytest.mark.parametrize("name", CALLS)
def test_a_group_of_missing_values_is_there_without_an_estimate(name: str) -> None:
    nothing = frame_of([("a", 2026, *[None] * 6)] * 3)
    for line in CALLS[name](nothing).to_dicts():
        assert (line["n"], line["n_missing"]) == (0, 3)
        assert line["estimate"] is line["ci_low"] is line["ci_high"] is None
        assert line["ci_level"] == 0.95
    with pytest.raises(ValueError, match="3 of 3 rows have a missing value"):
        frames.means(nothing, "post", by="team", missing="raise")


scores = st.lists(st.tuples(score, score, st.none() | st.floats(0.5, 9), score), max_size=30)


@quick
@given(scores)
def test_classes_are_those_of_the_arrays(table: list[tuple[Any, ...]]) -> None:
    names = ("intake", "last", "reliable", "limit")
    frame = pl.DataFrame(table, schema=dict.fromkeys(names, pl.Float64), orient="row")
    made = frames.classify(
        frame, "intake", "last", reliable_change="reliable", cutoff="limit", **CLASS_OPTIONS
    )
    intake, last, reliable, limit = (frame[name].to_numpy() for name in names)
    alone = reliable_change.classify(
        intake, last, reliable_change=reliable, cutoff=limit, **CLASS_OPTIONS
    )
    assert made.drop("change_class", "is_intake_functional").equals(frame)
    assert made["change_class"].dtype == pl.Enum(CHANGE_CLASSES)
    assert made["change_class"].to_list() == list(alone.to_labels())
    codes = [None if code < 0 else bool(code) for code in alone.is_intake_functional]
    assert made["is_intake_functional"].to_list() == codes


def test_numbers_of_every_kind_are_taken() -> None:
    pre, post = [18.25, 22.5, 25.0, 17.0], [24.0, 25.5, 30.0, 25.25]
    wanted = effect_size.pre_post_d(pre, post)
    kinds: list[Any] = [pl.Float64, pl.Float32, pl.Decimal(10, 2)]
    for kind in kinds:
        frame = pl.DataFrame({"team": [1] * 4, "pre": pre, "post": post}).with_columns(
            pl.col("pre", "post").cast(kind)
        )
        assert_line(frames.pre_post_d(frame, "pre", "post", by="team").to_dicts()[0], wanted)
    assert Decimal("18.25") in frame["pre"].to_list()
    whole = pl.DataFrame({"team": ["a"] * 3, "pre": [1, 2, 3], "post": [2, 4, 9]})
    assert frames.means(whole, "post", by="team")["estimate"].to_list() == [5.0]
    unknown = whole.with_columns(pl.lit(None).alias("pre"))
    assert frames.pre_post_d(unknown, "pre", "post", by="team")["n"].to_list() == [0]


@pytest.mark.parametrize("dtype", [pl.Float64, pl.Float32])
def test_changes_that_are_equal_but_for_their_storage_have_no_spread(dtype: Any) -> None:
    frame = pl.DataFrame(
        {"team": ["a"] * 4, "pre": [10.1, 20.2, 30.3, 33.9], "post": [10.2, 20.3, 30.4, 34.0]}
    ).with_columns(pl.col("pre", "post").cast(dtype))
    made = frames.pre_post_d(frame, "pre", "post", by="team", standardizer="change_sd")
    assert made["standardizer_sd"].to_list() == [0.0]
    assert made["estimate"].to_list() == [None]


FRAME = frame_of([("a", 2026, 1.0, 2.0, 3.0, True, True, "improved")] * 2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: frames.means(FRAME, "nowhere", by="team"), "no column 'nowhere': it has team, year"),
        (lambda: frames.means(FRAME, "post", by="nowhere"), "no column 'nowhere'"),
        (lambda: frames.means(FRAME, "label", by="team"), "column 'label' is String: it must hold"),
        (lambda: frames.means(FRAME, "better", by="team"), "column 'better' is Boolean"),
        (lambda: frames.shares(FRAME, "label", by="team"), "column 'label' is String"),
        (lambda: frames.shares(FRAME, "post", by="team"), "column 'post' has the value 2: flags are"),
        (lambda: frames.alpha(FRAME, ["pre", "pre"], by="team"), "items is .*: name each column"),
        (
            lambda: frames.class_shares(FRAME, "label", by="team", labels="improved"),
            "labels is 'improved': give a sequence",
        ),
        (
            lambda: frames.classify(
                FRAME,
                "pre",
                "post",
                reliable_change=5,
                cutoff=25,
                class_column="new",
                intake_column="new",
                **CLASS_OPTIONS,
            ),
            "class_column and intake_column are both 'new'",
        ),
        (lambda: frames.means(FRAME, "post", by=[]), "by is empty"),
        (lambda: frames.means(FRAME, "post", by="pre"), "column 'pre' in by is Float64"),
        (
            lambda: frames.means(FRAME.rename({"team": "n"}), "post", by="n"),
            "column 'n' in by is a column of the result",
        ),
        (lambda: frames.means(FRAME, "post", by="team", level=95), "level is 95"),
        (lambda: frames.means(FRAME, "post", by="team", missing="drop"), "missing is 'drop'"),  # type: ignore[arg-type]
        (lambda: frames.means({"post": [1]}, "post", by="team"), "frame is a dict"),  # type: ignore[arg-type]
        (
            lambda: frames.means(FRAME.with_columns(post=math.inf), "post", by="team"),
            "column 'post' has an infinite value",
        ),
        (
            lambda: frames.pre_post_d(FRAME, "pre", "post", by="team", ci="bootstrap"),
            "ci is 'bootstrap'",
        ),
        (
            lambda: frames.two_group_d(FRAME, "post", "treated", by="team", ci="bootstrap"),
            "ci is 'bootstrap'",
        ),
        (lambda: frames.class_shares(FRAME, "label", by="team"), "labels are not given"),
        (lambda: frames.class_shares(FRAME, "year", by="team"), "column 'year' is Int16"),
        (
            lambda: frames.class_shares(FRAME, "label", by="team", labels=["same"]),
            "label 'improved', which is not among",
        ),
        (
            lambda: frames.class_shares(FRAME, "label", by="team", labels=["same", "same"]),
            "each once",
        ),
        (lambda: frames.alpha(FRAME, ["pre"], by="team"), "name two columns or more"),
        (lambda: frames.alpha(FRAME, "pre", by="team"), "name two columns or more"),
        (
            lambda: frames.classify(
                FRAME, "pre", "post", reliable_change=5, cutoff=25, class_column="label", **CLASS_OPTIONS
            ),
            "has a column 'label' already",
        ),
    ],
)  # fmt: skip
def test_what_is_refused_is_named(call: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_fifty_thousand_groups_are_one_call() -> None:
    rng = np.random.default_rng(4)
    n = 1_000_000
    pre = rng.integers(0, 401, n) / 10
    frame = pl.DataFrame(
        {
            "team": rng.integers(0, 50_000, n),
            "pre": pre,
            "post": pre + rng.integers(-90, 120, n) / 10,
        }
    )
    before = time.process_time()
    made = frames.pre_post_d(frame, "pre", "post", by="team")
    assert time.process_time() - before < 5
    assert made["n"].sum() == n
    (line,) = made.filter(pl.col("team") == 7).to_dicts()
    group = frame.filter(pl.col("team") == 7)
    assert_line(line, effect_size.pre_post_d(group["pre"], group["post"]))


@pytest.mark.parametrize("name", frames.__all__)
def test_every_function_has_an_example_that_is_true(name: str) -> None:
    module = importlib.import_module(getattr(frames, name).__module__)
    assert ">>> " in getattr(frames, name).__doc__
    assert doctest.testmod(module).failed == 0


def test_the_page_is_true() -> None:
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    examples = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "frames", "frames", 0)
    assert len(examples.examples) > 5
    assert doctest.DocTestRunner().run(examples).failed == 0
    assert [name for name in frames.__all__ if f"| `{name}` |" not in text] == []


def test_nothing_else_knows_polars() -> None:
    def imported(path: Path) -> set[str]:
        tree = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        nodes = [node for node in tree if isinstance(node, ast.Import | ast.ImportFrom)]
        names = [alias.name for node in nodes for alias in node.names]
        return {name.split(".")[0] for name in names} | {
            (getattr(node, "module", None) or "").split(".")[0] for node in nodes
        }

    knowing = {path.parent.name for path in ROOT.rglob("*.py") if "polars" in imported(path)}
    assert knowing == {"frames"}
    assert "frames" in {module.name for module in pkgutil.iter_modules(fit_metrics.__path__)}


def test_without_polars_it_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['polars'] = None; import fit_metrics; import fit_metrics.rates\n"
        "try:\n    from fit_metrics import frames\nexcept ImportError as error:\n    print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT.parent
    )
    assert "pip install 'fit-warehouse[frames]'" in done.stdout
