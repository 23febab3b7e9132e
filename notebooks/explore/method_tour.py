# ---
# jupyter:
#   jupytext:
#     notebook_metadata_filter: -jupytext.text_representation.jupytext_version
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # A tour of the methods
#
# For an analyst or a statistician: every family of `fit_metrics`, called on the marts of the restricted
# publication, each with its chart and the numbers behind it. `docs/method` has a page for each.
#
# A tour and no report. It takes the closed episodes of all years, so that small publications have
# something to show, and it compares teams and services only to show how that is done with care. The rows
# are pseudonymous: keep them, and every small count, inside the circle that may read `restricted/`.

# %%
from decimal import Decimal
from fractions import Fraction
from html import escape

import altair as alt
import duckdb
import numpy as np
import polars as pl
from IPython.display import HTML, display

from fit_metrics import (
    agreement,
    benchmark,
    case_mix,
    cost_effect,
    cost_outcome,
    course,
    effect_size,
    frames,
    funnel,
    multilevel,
    pool,
    queue,
    rates,
    reliable_change,
    scale,
    survival,
)
from fit_warehouse import project, settings
from fit_warehouse.errors import UsageError
from fit_warehouse.publish import stage, switch
from fit_warehouse.report import theme
from fit_warehouse.report.formats import Formats
from fit_warehouse.report.svg import draw

tables = pl.Config(fmt_str_lengths=200, tbl_rows=60, tbl_cols=20, tbl_hide_dataframe_shape=True)

# %% [markdown]
# ## Open the publication

# %%
# Relative settings start where `make run` does: in the project's folder, not in the notebook's.
root = project.root()
published = root / settings.load(root / "fit.toml").paths.published
database = published / switch.CURRENT / stage.RESTRICTED_DATABASE
if not database.is_file():
    raise UsageError(
        f"nothing is published in {published} yet. Run: make run "
        "(or set FIT_PUBLISHED to the folder that holds the publication)"
    )
connection = duckdb.connect(str(database), read_only=True)

# %% [markdown]
# ## One manner for all charts
#
# The title says what was found, the line below it of what and how surely; `n` stands in every row. The
# same words are the chart's text for those who cannot see it, and the numbers follow as a table. Charts
# are drawn as those of the published pages are.

# %%
INK, GUIDE = theme.BUS, theme.QUIET_TEXT
formats = Formats("en")
shown: dict[str, dict] = {}


def show(family: str, chart, lines: pl.DataFrame, finding: str, says: str) -> None:
    """Draw a chart under its finding, with the same in words, and its numbers below."""
    spoken = f"{finding}. {says}. The numbers are in the table below."
    drawn = draw(chart, theme.WIDE, name=family, label=spoken, locale=formats.chart_locale())
    caption = f"<strong>{escape(finding)}</strong><br>{escape(says)}"
    display(HTML(f"<figure><figcaption>{caption}</figcaption>{drawn}</figure>"))
    display(lines)
    shown[family] = {"finding": finding, "rows": lines.height}


def names(lines: pl.DataFrame, *columns: str | pl.Expr) -> pl.DataFrame:
    """Give every row a name with its n."""
    label = pl.concat_str([*columns, pl.format("n = {}", "n")], separator=" · ", ignore_nulls=True)
    return lines.with_columns(row=label)


def intervals(lines: pl.DataFrame, unit: str, guide: float | None = None, axis: str = ""):
    """Draw estimates as dots on their intervals; `guide` is a value to compare with."""
    values = lines.select("row", "estimate", "ci_low", "ci_high").fill_nan(None)
    base = alt.Chart(alt.Data(values=values.to_dicts())).encode(
        y=alt.Y("row:N", title=None, sort=None, axis=alt.Axis(labelLimit=320))
    )
    ranges = base.transform_filter("isValid(datum.ci_low)").mark_rule(color=INK, size=2)
    dots = base.transform_filter("isValid(datum.estimate)").mark_point(
        color=INK, filled=True, size=70, opacity=1
    )
    scale, form = alt.Scale(zero=False), alt.Axis(format=axis) if axis else alt.Axis()
    layers = [
        ranges.encode(x=alt.X("ci_low:Q", title=unit, scale=scale, axis=form), x2="ci_high:Q"),
        dots.encode(x=alt.X("estimate:Q", title=unit, scale=scale, axis=form)),
    ]
    if guide is not None:
        mark = alt.Chart(alt.Data(values=[{"x": guide}])).mark_rule(color=GUIDE, strokeDash=[4, 4])
        layers.insert(0, mark.encode(x="x:Q"))
    return alt.layer(*layers).properties(width=420, height=alt.Step(26))


def lines_of(results: dict) -> pl.DataFrame:
    """Give records of `fit_metrics` as a table, one row each; what does not exist is missing."""
    columns = ("n", "estimate", "ci_low", "ci_high", "ci_level", "method")
    return pl.DataFrame(
        [{"name": name, **{c: getattr(one, c) for c in columns}} for name, one in results.items()]
    ).with_columns(pl.col(pl.Float64).fill_nan(None))


def number(value: float, digits: int = 1) -> str:
    """Write a number as a reader of English does."""
    return formats.decimal(float(value), digits) if np.isfinite(value) else "unknown"


def signed(value: float, digits: int = 1) -> str:
    """Write a difference with its sign."""
    return formats.signed(float(value), digits) if np.isfinite(value) else "unknown"


def percent(share: float) -> str:
    """Write a share as whole per cents."""
    return formats.percent(float(share)) if np.isfinite(share) else "unknown"


# %% [markdown]
# ## The episodes (*jaksot*)
#
# Self and caretaker, and different instruments, are never pooled. The tour follows the largest group.

# %%
episodes = connection.sql("""
    select fct_episode.*, direction, score_step,
        prom_intake::double as intake, prom_last::double as last, prom_change::double as change
    from marts.fct_episode
    inner join marts.dim_instrument on fct_episode.prom_instrument = dim_instrument.instrument_code
    where is_in_change = 1
    order by closed_on, episode_client_key
""").pl()
group = ["prom_instrument", "prom_respondent"]
largest = episodes.group_by(group).len().sort("len", *group, descending=True).row(0)
series = episodes.filter(pl.col(name) == value for name, value in zip(group, largest, strict=False))
instrument, respondent = largest[:2]
direction, step = series["direction"][0], series["score_step"][0]
of_whom = f"{instrument}, {respondent}"
episodes.group_by(group).len("episodes").sort("episodes", descending=True)

# %% [markdown]
# ## Effect size (*vaikutuskoko*): `effect_size`
#
# Change in standard deviations. Which deviation must be said: the same rows give different numbers.
# `docs/method/pre_post_d.md`, `severity_adjusted.md`, `regression_to_the_mean.md`.

# %%
intake, last = series["intake"].to_numpy(), series["last"].to_numpy()
rng = np.random.default_rng(1)
effects = {
    "by the SD at intake": effect_size.pre_post_d(intake, last, direction=direction),
    "by the SD at intake, bootstrap": effect_size.pre_post_d(
        intake, last, direction=direction, ci="bootstrap", rng=rng, n_resamples=1999
    ),
    "by the mean of both SDs": effect_size.pre_post_d(
        intake, last, direction=direction, standardizer="average_sd"
    ),
    "by the SD of the changes": effect_size.pre_post_d(
        intake, last, direction=direction, standardizer="change_sd", ci="noncentral_t"
    ),
}
lines = names(lines_of(effects), "name")
low, high = lines["estimate"].min(), lines["estimate"].max()
show(
    "effect_size",
    intervals(lines, "Change in standard deviations (g)", guide=0),
    lines.drop("row"),
    f"The same change is {number(low, 2)} or {number(high, 2)}, by what it is divided by",
    f"Change during the episode, 95 % interval; {of_whom}",
)

# %% [markdown]
# A part of the change of those who begin low comes by itself (*regressio kohti keskiarvoa*). Against the
# change that all episodes at the same intake had, low and high intakes are on a level.

# %%
reference = effect_size.fit_reference(intake, last, source="all episodes of this publication")
adjusted = effect_size.severity_adjusted(intake, last, reference=reference, direction=direction)
halves = series.with_columns(
    half=pl.when(pl.col("intake") < pl.col("intake").median())
    .then(pl.lit("lower intake"))
    .otherwise(pl.lit("higher intake")),
    plain=pl.col("change") / reference.sd,
    adjusted=pl.Series(adjusted.values),
)
lines = pl.concat(
    frames.means(halves, kind, by="half").with_columns(kind=pl.lit(kind))
    for kind in ("plain", "adjusted")
)
lines = names(lines, "kind", "half")
by_half = {row["row"].split(" · n")[0]: row["estimate"] for row in lines.to_dicts()}
gap = {
    kind: by_half[f"{kind} · lower intake"] - by_half[f"{kind} · higher intake"]
    for kind in ("plain", "adjusted")
}
show(
    "severity_adjusted",
    intervals(lines, "Change in SDs at intake", guide=0),
    lines.drop("row"),
    f"Those who begin lower gain {signed(gap['plain'], 2)} SD more; at the same intake "
    f"{signed(gap['adjusted'], 2)}",
    f"Mean with 95 % interval; {of_whom}",
)

# %% [markdown]
# ## Classes of change (*muutosluokat*): `reliable_change`
#
# The thresholds are those of the registry. Two published sets, the same episodes: what differs is the set.

# %%
thresholds = pl.read_csv(root / "seeds" / "instrument_parameter.csv").select(
    pl.col("parameter_set"),
    pl.col("instrument_code").alias("prom_instrument"),
    pl.col("respondent_role").alias("prom_respondent"),
    *("parameter_group", "cutoff", "cutoff_is_functional"),
    *("reliable_change", "reliable_change_inclusive"),
)
classed = pl.concat(
    frames.classify(
        rows.drop("change_class", "is_intake_functional"),
        "intake",
        "last",
        reliable_change="reliable_change",
        cutoff="cutoff",
        score_step=step,
        cutoff_is_functional=bool(rows["cutoff_is_functional"][0]),
        reliable_change_inclusive=bool(rows["reliable_change_inclusive"][0]),
        direction=direction,
    )
    for _, rows in series.drop("parameter_set")
    .join(thresholds, on=[*group, "parameter_group"])
    .group_by(
        "parameter_set", "cutoff_is_functional", "reliable_change_inclusive", maintain_order=True
    )
)
lines = frames.class_shares(classed, "change_class", by="parameter_set")
lines = names(lines, "parameter_set", "change_class")
better = {
    name: rows["estimate"].sum()
    for (name,), rows in lines.filter(
        pl.col("change_class").is_in(["recovered", "improved"])
    ).group_by("parameter_set", maintain_order=True)
}
says_sets = ", ".join(f"{percent(share)} by {name}" for name, share in better.items())
show(
    "reliable_change",
    intervals(lines, "Share of episodes", axis="%"),
    lines.drop("row"),
    f"Reliably improved are {says_sets}",
    f"Recovered and improved together; Wilson's 95 % interval of each class; {of_whom}",
)

# %% [markdown]
# What one set calls a reliable change follows from a standard deviation and a reliability; with those of
# these rows (alpha of the first forms) it would be another. The marts' own classes are the same as above.

# %%
in_marts = connection.sql(
    "select episode_client_key, parameter_set, change_class from marts.fct_episode_class"
).pl()
both = classed.join(in_marts, on=["episode_client_key", "parameter_set"], suffix="_mart")
n_differing = both.filter(
    pl.col("change_class").cast(pl.String) != pl.col("change_class_mart")
).height
alphas = connection.execute(
    "select estimate from metrics.scale_quality "
    "where indicator = 'alpha' and instrument_code = ? and respondent_role = ?",
    [instrument, respondent],
).fetchall()
own_alpha = next((value for (value,) in alphas if value and 0 < value <= 1), 0.85)
pl.DataFrame(
    {
        "episodes and sets compared": [both.height],
        "other class in the mart": [n_differing],
        "alpha": [own_alpha],
        "reliable change by these rows": [
            reliable_change.threshold(float(np.std(intake, ddof=1)), own_alpha)
        ],
    }
)

# %% [markdown]
# ## Shares (*osuudet*): `rates`
#
# Drop-out (*keskeyttäminen*) by three denominators: three true numbers under one word.

# %%
met = connection.sql("""
    select closed_on is not null as closed,
        case when ending_code <> 'unknown' then ending_code = 'unilateral' end as unilateral,
        case when is_in_change = 1 then change_class in ('recovered', 'improved') end as effect,
        coalesce(n_prom, 0) as n_scores
    from marts.fct_episode
    where n_sessions > 0 and is_closed_before_opened = 0
    order by all
""").pl()
dropout = rates.dropout(
    met["closed"], met["unilateral"], met["effect"], met["n_scores"], missing="omit"
)
by_denominator = {
    share.denominator.replace("_", " "): share
    for share in (
        dropout.of_all.unilateral,
        dropout.of_closed.unilateral,
        dropout.of_measured.unilateral,
    )
}
lines = names(lines_of(by_denominator), "name")
ends = lines["estimate"].min(), lines["estimate"].max()
show(
    "rates",
    intervals(lines, "Share ended by the client alone", axis="%"),
    lines.drop("row"),
    f"The client alone ended {percent(ends[0])} or {percent(ends[1])}, by the denominator",
    "Share with Wilson's 95 % interval; all instruments; episodes that were met",
)

# %% [markdown]
# ## From meeting to meeting (*kulku*): `course`
#
# The mean of those who are still there rises or falls also because others leave. The second row of each
# meeting follows the same persons: those with a form at the last one shown.

# %%
meetings = connection.execute(
    """
    select episode_client_key as episode, fct_session.session_number as number,
        case when prom_respondent = 'self' and fct_session.prom_instrument = fct_episode.prom_instrument
            then prom_total when prom_respondent = 'caretaker'
            and caretaker_prom_instrument = fct_episode.prom_instrument then caretaker_prom_total
        end::double as total,
        ending_code
    from marts.fct_episode
    inner join marts.fct_session using (episode_key, client_key)
    where is_in_change = 1 and fct_episode.prom_instrument = ? and prom_respondent = ?
        and fct_session.session_number is not null
    qualify row_number() over (
        partition by episode_client_key, fct_session.session_number order by total nulls last
    ) = 1
    order by all
    """,
    [instrument, respondent],
).pl()
scored = meetings.drop_nulls("total")
last_number = 6
cohorts = {
    name: course.mean_course(
        scored["episode"],
        scored["number"],
        scored["total"],
        last_session=last_number,
        cohort=cohort,
    )
    for name, cohort in (("present", "present"), ("the same persons", "stayers"))
}
lines = pl.concat(
    pl.DataFrame(
        {
            "meeting": one.session,
            "who": [name] * last_number,
            **{c: np.ravel(getattr(one, c)) for c in ("n", "estimate", "ci_low", "ci_high")},
        }
    )
    for name, one in cohorts.items()
).with_columns(pl.col(pl.Float64).fill_nan(None))
lines = names(lines.sort("meeting", "who"), "meeting", "who")
rise = {
    name: np.ravel(one.estimate)[last_number - 1] - np.ravel(one.estimate)[0]
    for name, one in cohorts.items()
}
show(
    "course",
    intervals(lines, "Mean total (points)"),
    lines.drop("row"),
    f"From meeting 1 to {last_number} the mean moves by {signed(rise['present'])} points, of the same "
    f"persons by {signed(rise['the same persons'])}",
    f"Mean with 95 % interval at each attended meeting; {of_whom}",
)

# %% [markdown]
# ## How episodes end (*päättymiset*): `survival`
#
# Endings compete: who has ended by agreement cannot drop out later. One minus Kaplan–Meier with the other
# endings censored overstates each of them.

# %%
ended = connection.sql("""
    select n_sessions as n,
        case when closed_on is null then 'open' when ending_code = 'unilateral' then 'by the client'
            else 'otherwise' end as ending
    from marts.fct_episode
    where n_sessions > 0 and is_closed_before_opened = 0
    order by all
""").pl()
incidence = survival.aalen_johansen(ended["n"], ended["ending"], censored="open")
place = [str(label) for label in incidence.endings].index("by the client")
alone = survival.kaplan_meier(ended["n"], ended["ending"] == "by the client")
lines = pl.DataFrame(
    {
        "meetings": incidence.time.astype(int),
        "n": incidence.at_risk,
        **{c: getattr(incidence, c)[place] for c in ("estimate", "ci_low", "ci_high")},
        "one minus Kaplan–Meier": 1 - alone.estimate,
    }
).with_columns(pl.col(pl.Float64).fill_nan(None))
lines = names(lines.filter(pl.col("meetings") <= 12), pl.format("after {}", "meetings"))
reached = lines["estimate"][-1], lines["one minus Kaplan–Meier"][-1]
show(
    "survival",
    intervals(lines, "Share ended by the client alone", axis="%"),
    lines.drop("row"),
    f"By meeting {lines['meetings'][-1]} the client alone has ended {percent(reached[0])}; with the "
    f"others censored it would seem {percent(reached[1])}",
    f"Aalen–Johansen with 95 % interval; n = at risk; {incidence.n} episodes that were met",
)

# %% [markdown]
# ## Agreement of respondents (*yhtäpitävyys*): `agreement`
#
# Two people about the same client at the same meeting; one pair a client, the first. The difference is a
# finding, and neither is the truth about the other.

# %%
pairs = connection.sql("""
    select pair_kind, own_instrument, other_instrument,
        own_total::double as own, other_total::double as other
    from marts.fct_informant_pair
    qualify row_number() over (
        partition by client_key, pair_kind, own_instrument, other_instrument
        order by session_date, own_total, other_total
    ) = 1
    order by all
""").pl()
kind = ["pair_kind", "own_instrument", "other_instrument"]
top = pairs.group_by(kind).len().sort("len", *kind, descending=True).row(0)
rated = pairs.filter(pl.col(name) == value for name, value in zip(kind, top, strict=False))
limits = agreement.bland_altman(rated["other"], rated["own"])
ratings = rated.select("own", "other").to_numpy()
iccs = {model: agreement.icc(ratings, model=model) for model in ("A1", "C1")}
lines = lines_of(
    {f"ICC({model[0]},1)": one for model, one in iccs.items()}
    | {
        "mean difference": limits.bias,
        "lower limit": limits.lower_limit,
        "upper limit": limits.upper_limit,
        "slope": limits.slope,
    }
)
one = iccs["A1"]
width = 2
binned = (
    rated.select(
        middle=((pl.col("own") + pl.col("other")) / 2 // width) * width + width / 2,
        difference=((pl.col("other") - pl.col("own")) // width) * width + width / 2,
    )
    .group_by("middle", "difference")
    .len("n")
    .sort("middle", "difference")
)
cloud = (
    alt.Chart(alt.Data(values=binned.to_dicts()))
    .mark_point(filled=True, color=INK, opacity=0.7)
    .encode(
        x=alt.X("middle:Q", title="Mean of both (points)"),
        y=alt.Y("difference:Q", title="Other less own (points)"),
        size=alt.Size("n:Q", scale=alt.Scale(range=[30, 300], zero=False), legend=None),
    )
)
at = [
    {"y": line.estimate, "name": f"{name} {signed(line.estimate)}"}
    for name, line in (
        ("upper limit", limits.upper_limit),
        ("mean", limits.bias),
        ("lower limit", limits.lower_limit),
    )
    if np.isfinite(line.estimate)
]
rules = alt.Chart(alt.Data(values=at)).mark_rule(color=GUIDE, strokeDash=[4, 4]).encode(y="y:Q")
words = (
    alt.Chart(alt.Data(values=at))
    .mark_text(align="left", dx=6, color=GUIDE)
    .encode(y="y:Q", x=alt.value(420), text="name:N")
)
show(
    "agreement",
    alt.layer(cloud, rules, words).properties(width=420, height=280),
    lines,
    f"Two respondents are {signed(limits.bias.estimate)} points apart on average, and "
    f"{signed(limits.lower_limit.estimate)} to {signed(limits.upper_limit.estimate)} in 95 of 100 cases",
    f"{', '.join(top[:3])}; the larger a dot the more pairs; n = {limits.n}; "
    f"ICC(A,1) {number(one.estimate, 2)}, 95 % interval {number(one.ci_low, 2)} to {number(one.ci_high, 2)}",
)

# %% [markdown]
# ## Quality of a scale (*mittarin laatu*): `scale`
#
# Alpha and omega of the first whole form of each client. A very high one can also come of four marks set
# without thought: the share of straight lines belongs beside it.

# %%
items = ["item_1", "item_2", "item_3", "item_4"]
forms = connection.sql("""
    select instrument_code, respondent_role, item_1, item_2, item_3, item_4
    from marts.fct_response
    where is_valid = 1 and items_source = 'items' and n_items = 4
    qualify row_number() over (
        partition by instrument_code, respondent_role, client_key
        order by session_date, item_1, item_2, item_3, item_4
    ) = 1
    order by all
""").pl()
by_form = ["instrument_code", "respondent_role"]
lines = names(frames.alpha(forms, items, by=by_form).filter(pl.col("n") > 2), *by_form)
answers = forms.filter(instrument_code=instrument, respondent_role=respondent).select(items)
answered = answers.cast(pl.Float64).to_numpy()
omega = scale.omega_total(answered)
alike = scale.straight_lining(answered)
shown_alphas = lines.drop_nulls("estimate")["estimate"]
show(
    "scale",
    intervals(lines, "Cronbach's alpha"),
    lines.drop("row"),
    f"Alpha is {number(shown_alphas.min(), 2)} to {number(shown_alphas.max(), 2)}",
    f"Feldt's 95 % interval; n = forms, one a client. {of_whom}: omega {number(omega.estimate, 2)}, "
    f"{percent(alike.estimate)} straight lines",
)

# %% [markdown]
# ## Teams beside each other (*työryhmien erot*): `multilevel`
#
# Each team's mean change drawn towards the mean of all, the more the fewer its episodes. No league table.

# %%
model = multilevel.random_intercept(series["change"], series["team_code"])
(term,) = model.terms
lines = pl.DataFrame(
    {
        "team": [str(label) for label in term.labels],
        "n": term.n,
        "estimate": term.estimate,
        "ci_low": term.ci_low,
        "ci_high": term.ci_high,
        "reliability": term.reliability,
    }
).sort("team")
lines = names(lines, "team")
mean = float(model.fixed.estimate[0])
apart = lines.filter((pl.col("ci_low") > mean) | (pl.col("ci_high") < mean)).height
share = term.icc.estimate if term.icc is not None else float("nan")
show(
    "multilevel",
    intervals(lines, "Mean change (points)", guide=mean),
    lines.drop("row"),
    f"{apart} of {lines.height} teams clearly differ from the mean of all",
    f"Shrunken mean with 95 % interval; the teams are {percent(share)} of the variance (ICC); {of_whom}",
)

# %% [markdown]
# ## Small teams vary more (*suppilokuvio*): `funnel`
#
# The same teams, not drawn in: those outside the limits differ by more than chance lets teams of their size.

# %%
teams = frames.means(series, "change", by="team_code").drop_nulls("estimate").sort("n", "team_code")
centre, sd = float(series["change"].mean()), float(series["change"].std())
scores = funnel.z_scores(teams["estimate"], teams["n"], kind="mean", centre=centre, sd=sd)
spread = funnel.overdispersion(scores.z, scores.standard_error)
sizes = np.arange(max(2, int(teams["n"].min())), int(teams["n"].max()) + 2)
band = funnel.limits(sizes, kind="mean", centre=centre, sd=sd, method="normal", levels=(0.95,))
lines = teams.with_columns(z=pl.Series(scores.z))
outside = int((np.abs(scores.z) > 1.959963984540054).sum())
edges = [
    {"n": int(n), "low": float(low), "high": float(high)}
    for n, low, high in zip(sizes, np.ravel(band.ci_low), np.ravel(band.ci_high), strict=True)
]
edge = alt.Chart(alt.Data(values=edges)).mark_line(color=GUIDE, strokeDash=[4, 4])
middle = alt.Chart(alt.Data(values=[{"y": centre}])).mark_rule(color=GUIDE).encode(y="y:Q")
dots = (
    alt.Chart(alt.Data(values=lines.select("n", "estimate").to_dicts()))
    .mark_point(filled=True, size=70, color=INK, opacity=1)
    .encode(
        x=alt.X("n:Q", title="Episodes of the team"),
        y=alt.Y("estimate:Q", title="Mean change (points)"),
    )
)
show(
    "funnel",
    alt.layer(
        edge.encode(x="n:Q", y="low:Q"), edge.encode(x="n:Q", y="high:Q"), middle, dots
    ).properties(width=420, height=280),
    lines,
    f"{outside} of {lines.height} teams lie outside the limits",
    f"Dashed: 95 % limits around the mean {signed(centre)}; overdispersion φ = {number(spread.phi, 2)}; "
    f"{of_whom}; n = {series.height}",
)

# %% [markdown]
# ## As good as a benchmark? (*vertailuarvo*): `benchmark`
#
# A benchmark is a number with a source and a margin. Here the first half of the episodes is one for the
# second, only to show the test; a published one has its own source.

# %%
half = series.height // 2
earlier, later = series[:half], series[half:]
before = effect_size.pre_post_d(earlier["intake"], earlier["last"], direction=direction)
mark = benchmark.Benchmark(
    name="first half",
    value=before.estimate,
    margin=0.2,
    standardizer="pre_sd",
    source="the earlier half of the episodes of this publication",
)
tests = {
    "not worse": benchmark.non_inferiority(
        later["intake"], later["last"], benchmark=mark, direction=direction
    ),
    "the same": benchmark.equivalence(
        later["intake"], later["last"], benchmark=mark, direction=direction
    ),
}
lines = lines_of(tests).with_columns(
    p_value=pl.Series([one.p_value for one in tests.values()]).fill_nan(None),
    is_shown=pl.Series([one.is_shown for one in tests.values()]),
)
lines = names(lines, "name")
answer = {True: "is shown to be", False: "is not shown to be", None: "cannot be tested to be"}
show(
    "benchmark",
    intervals(lines, "Effect size d", guide=mark.value),
    lines.drop("row"),
    f"The later half {answer[tests['not worse'].is_shown]} no worse than the earlier by more than "
    f"{mark.margin}",
    f"d with its 90 % interval; dashed: the earlier half, d = {number(mark.value, 2)} (n = {half}); {of_whom}",
)

# %% [markdown]
# ## Clients alike (*asiakasrakenteen vakiointi*): `case_mix`
#
# Each team's mean last score against that of clients with the same intake in the other teams.

# %%
common = series.filter(pl.len().over("team_code") >= 3)
standard = case_mix.observed_minus_expected(
    common["last"],
    common["intake"],
    common["team_code"],
    knots=4 if common["intake"].n_unique() > 30 else None,
    direction=direction,
)
lines = pl.DataFrame(
    {
        "team": [str(label) for label in standard.labels],
        "n": standard.n,
        "estimate": standard.estimate,
        "ci_low": standard.ci_low,
        "ci_high": standard.ci_high,
        "observed": standard.observed,
        "expected": standard.expected,
    }
).with_columns(pl.col(pl.Float64).fill_nan(None))
lines = names(lines.sort("team"), "team")
apart = lines.filter((pl.col("ci_low") > 0) | (pl.col("ci_high") < 0)).height
show(
    "case_mix",
    intervals(lines, "Observed less expected (points)", guide=0),
    lines.drop("row"),
    f"{apart} of {lines.height} teams clearly differ from what their clients' intakes let expect",
    f"95 % interval; teams with three episodes or more; {of_whom}",
)

# %% [markdown]
# ## Pooling (*alueiden yhdistäminen*): `pool`
#
# Services stand in for areas: each gives one estimate with its error, and only these are pooled. The
# prediction interval says where the next one may lie.

# %%
parts = {
    code: effect_size.pre_post_d(rows["intake"], rows["last"], direction=direction)
    for (code,), rows in series.sort("service_code").group_by("service_code", maintain_order=True)
}
usable = {
    code: one
    for code, one in parts.items()
    if np.isfinite(one.standard_error) and one.standard_error > 0
}
pooled = pool.random_effects(
    [one.estimate for one in usable.values()], [one.standard_error for one in usable.values()]
)
whole = lines_of(usable | {"pooled": pooled})
# Of a pooled estimate n counts the areas; its row says so.
lines = whole.with_columns(
    row=pl.when(pl.col("name") == "pooled")
    .then(pl.format("pooled · {} services", "n"))
    .otherwise(pl.format("{} · n = {}", "name", "n"))
)
show(
    "pool",
    intervals(lines, "Effect size g", guide=0),
    lines.drop("row"),
    f"Pooled over {len(usable)} services the effect size is {number(pooled.estimate, 2)}",
    f"95 % interval (Hartung–Knapp); the next service: {number(pooled.prediction_low, 2)} to "
    f"{number(pooled.prediction_high, 2)}; I² {percent(pooled.i2)}; {of_whom}",
)

# %% [markdown]
# ## The roll-out survey (*juurtumiskysely*): `survey`, `rates.mean_interval_from_sums`
#
# A profile of constructs, never one total. The marts hold exact sums and no answers of a person; where the
# answers are at hand, `survey.construct_scores` gives the same means from them.

# %%
sums = connection.sql("""
    select survey_code, wave, construct, any_value(units_per_point) as units,
        sum(n_scored)::bigint as n, sum(sum_score)::bigint as total,
        sum(sum_score_squared)::hugeint as squares
    from marts.fct_survey_construct
    where item_code is null
        and (survey_code, wave) in (select survey_code, max(wave) from marts.fct_survey_construct group by all)
    group by survey_code, wave, construct
    having sum(n_scored) > 1
    order by all
""").fetchall()
profile = {
    f"{construct}": rates.mean_interval_from_sums(
        n, int(total), int(squares), unit=Fraction(1, int(units))
    )
    for _, _, construct, units, n, total, squares in sums
}
if profile:
    lines = names(lines_of(profile), "name")
    least = lines.sort("estimate")["name"][0]
    show(
        "survey",
        intervals(lines, "Mean answer, 1 to 5 (5 is favourable)"),
        lines.drop("row"),
        f"Least favourable is {least}: {number(lines['estimate'].min())} of 5",
        f"Mean of respondents with 95 % interval; {sums[0][0]}, wave {sums[0][1]}",
    )

# %% [markdown]
# ## Early endings (*laskennallinen säästö*): `cost_effect`
#
# What the unused part of the agreed early endings would have cost: calculated and gross. It is not money
# saved: onward services and the cost of FIT are not subtracted, and own and purchased are never added.

# %%
endings = connection.sql("""
    select service_code, procurement, unit, planned_units, used_units, n_persons, gross_amount_eur
    from marts.fct_early_ending
    where is_agreed = 1 and gross_amount_eur is not null
    order by all
""").pl()
again = [
    # The price of one unit follows from the row itself: what is computed again is the amount.
    cost_effect.early_ending_gross(
        planned_units=row["planned_units"],
        used_units=row["used_units"],
        amount_eur=row["gross_amount_eur"],
        price_planned_units=row["planned_units"] - row["used_units"],
    ).gross_amount_eur
    for row in endings.iter_rows(named=True)
]
assert all(
    abs(one - wanted) < Decimal("0.0001")
    for one, wanted in zip(again, endings["gross_amount_eur"], strict=True)
)
money = endings.with_columns(pl.col("gross_amount_eur").cast(pl.Float64).alias("gross"))
lines = frames.means(money, "gross", by=["procurement", "service_code"])
lines = names(lines, "service_code", "procurement")
ends = lines["estimate"].min(), lines["estimate"].max()
show(
    "cost_effect",
    intervals(lines, "Calculated gross value of an early ending (euros)"),
    lines.drop("row"),
    f"An agreed early ending leaves {number(ends[0], 0)} to {number(ends[1], 0)} euros unused, by service",
    f"Mean with 95 % interval, calculated and gross; n = {endings.height} episodes",
)

# %% [markdown]
# ## Cost of an outcome (*kustannus hyötynyttä asiakasta kohti*): `cost_outcome`
#
# A description of a service, not its cost-effectiveness: all closed episodes are paid for, also those whose
# outcome nobody measured. With few teams the data may not bound the ratio at all; then there is no interval.

# %%
paid = connection.sql("""
    select service_code, price_year, team_code, total_cost_eur::double as cost,
        case when change_class is not null
            then (change_class in ('recovered', 'improved'))::int end as is_improved
    from marts.fct_episode_cost
    where total_cost_eur is not null and closed_on is not null
    order by all
""").pl()
per_outcome = {
    f"{service}, prices of {year}": cost_outcome.cost_per_outcome(
        rows["cost"],
        rows["is_improved"].cast(pl.Float64).fill_null(np.nan),
        clusters=rows["team_code"],
    )
    for (service, year), rows in paid.group_by("service_code", "price_year", maintain_order=True)
}
whole = lines_of(per_outcome).with_columns(
    set_kind=pl.Series([one.set_kind for one in per_outcome.values()])
)
known = whole.filter(pl.col("estimate").is_not_null())
# An interval without an end is no interval to draw; the table names its kind.
bounded = pl.col("set_kind") == "interval"
lines = names(known, "name").with_columns(
    pl.when(bounded).then("ci_low").alias("ci_low"),
    pl.when(bounded).then("ci_high").alias("ci_high"),
)
n_bounded = known.filter(bounded).height
show(
    "cost_outcome",
    intervals(lines, "Euros for each reliably improved client"),
    whole,
    f"The data bound the cost of an improved client in {n_bounded} of {whole.height} services and price years",
    f"Ratio of sums with Fieller's 95 % set over teams; n = {paid.height} closed episodes with a price",
)

# %% [markdown]
# ## Waiting (*jonotusaika*): `queue`
#
# What shorter episodes would do to a queue: a model with its assumptions, not a forecast. Arrivals and
# lengths are those of one service; the places are as many as are nearly always taken.

# %%
starts = connection.sql("""
    select service_code, count(*) as n, min(opened_on) as first_day, max(opened_on) as last_day,
        avg(date_diff('day', opened_on, closed_on)) as mean_days
    from marts.fct_episode
    where closed_on >= opened_on
    group by service_code
    having count(*) > 1 and max(opened_on) > min(opened_on)
    order by n desc, service_code
    limit 1
""").pl()
service, n_starts, first_day, last_day, mean_days = starts.row(0)
rate = n_starts / (last_day - first_day).days
places = int(np.floor(rate * mean_days)) + 1
plans = {
    f"{percent(share)} of today's length": queue.mmc(
        arrival_rate=rate, mean_service=mean_days * share, servers=places
    )
    for share in (1.0, 0.95, 0.9, 0.85)
}
lines = pl.DataFrame(
    [
        {"name": name, "n": n_starts, "estimate": one.mean_wait, "method": "M/M/c"}
        for name, one in plans.items()
    ]
).with_columns(ci_low=None, ci_high=None)
waits = [one.mean_wait for one in plans.values()]
show(
    "queue",
    intervals(names(lines, "name"), "Mean wait (days), by the model"),
    lines,
    f"With episodes 5 % shorter the model's wait falls from {number(waits[0])} to {number(waits[1])} days",
    f"M/M/c with {places} places, {service}, n = {n_starts} episodes; no interval: it is calculated",
)

# %% [markdown]
# ## Many groups at once: `frames`
#
# All of the above by team, by service, by quarter: one call on a frame, one row a group. What is missing is
# counted. `docs/how_to/frames.md`.

# %%
same_way = episodes.filter(pl.col("direction") == direction)
lines = frames.pre_post_d(
    same_way, "intake", "last", by=[*group, "service_code"], direction=direction
)
lines = names(lines, "service_code", "prom_instrument", "prom_respondent")
clear = lines.filter(pl.col("ci_low") > 0).height
show(
    "frames",
    intervals(lines, "Change in SDs at intake (g)", guide=0),
    lines.drop("row"),
    f"In {clear} of {lines.height} groups the change is clearly for the better",
    "g with 95 % interval; services by instrument and respondent, which are never pooled",
)

# %% [markdown]
# ## What the tour found

# %%
findings = pl.DataFrame([{"family": family, **what} for family, what in shown.items()])
findings
