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
# # First look
#
# For an analyst: what the restricted publication holds, and how its statistics follow from its rows.
# A place to start from; copy it and go on.
#
# The rows are pseudonymous, not anonymous. Keep them, and every small count made of them, inside the
# circle that may read `restricted/`. This notebook is never published.

# %%
import altair as alt
import duckdb
import polars as pl

from fit_metrics.effect_size import pre_post_d
from fit_metrics.rates import wilson
from fit_warehouse import project, settings
from fit_warehouse.errors import UsageError
from fit_warehouse.publish import stage, switch
from fit_warehouse.report import theme

# Drawn in this process, so that charts show without a network.
alt.renderers.enable("svg")
tables = pl.Config(fmt_str_lengths=400, tbl_rows=60, tbl_cols=20, tbl_hide_dataframe_shape=True)

# %% [markdown]
# ## Open the publication
#
# Read-only. A new publication never waits for this notebook, and the notebook keeps the release that
# it opened: run this cell again to see the next one.

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
# ## What is in it
#
# The descriptions lie in the file itself, for tables and for columns.

# %%
connection.sql("""
    select schema_name, table_name, estimated_size as n_rows, trim(comment) as description
    from duckdb_tables()
    order by all
""").pl()

# %%
connection.sql("""
    select column_name, data_type, comment as description
    from duckdb_columns()
    where schema_name = 'marts' and table_name = 'fct_episode'
    order by column_index
""").pl()

# %% [markdown]
# ## Episodes (*jaksot*)
#
# One row per episode and index client (*asiakas, jota jakso koskee*). The statistics speak of the
# episodes closed in the four quarters of the publication.

# %%
period_start, period_end, as_of = connection.sql(
    "select any_value(period_start), any_value(period_end), any_value(as_of) from metrics.city_funnel"
).fetchone()
episodes = connection.execute(
    "select * from marts.fct_episode where closed_on between $start and $end",
    {"start": period_start, "end": period_end},
).pl()
pl.DataFrame(
    {
        "period_start": [period_start],
        "period_end": [period_end],
        "data up to": [as_of],
        "rows": [episodes.height],
        "families": [episodes["family_key"].n_unique()],
    }
)

# %%
episodes.select(
    "service_code", "age_band", "n_sessions", "prom_instrument", "prom_respondent", "n_prom",
    "prom_intake", "prom_last", "prom_change", "change_class", "exclusion_reason",
).describe()  # fmt: skip

# %% [markdown]
# ## From episodes to the denominator (*nimittäjä*)
#
# Every rate names its denominator. First the steps as measured, then why the others are not in it.

# %%
connection.sql("""
    select step, n_episodes, n_persons as n_families,
        n_episodes / nullif(first(n_episodes) over (order by step_order), 0) as share_of_closed
    from metrics.city_funnel
    order by step_order
""").pl()

# %%
episodes.group_by(pl.col("exclusion_reason").fill_null("in the denominator")).len("n").sort(
    "n", descending=True
)

# %% [markdown]
# ## Classes of change (*muutosluokat*)
#
# By instrument (*mittari*) and respondent (*vastaaja*); the client's own word and a caretaker's are
# never pooled. The classes are disjoint: recovered is not in improved.

# %%
classes = ("recovered", "improved", "unchanged", "deteriorated")
group = ["prom_instrument", "prom_respondent"]
in_change = episodes.filter(pl.col("is_in_change") == 1)
in_change.group_by(group).agg(
    pl.len().alias("n"), *[(pl.col("change_class") == name).sum().alias(name) for name in classes]
).sort(group)

# %% [markdown]
# ## The statistics, computed again
#
# `fit_metrics` on the rows above, beside what the pipeline wrote to `metrics.city_outcome` (from exact
# sums, not from rows). The differences should be nothing but the last binary digits.
#
# - `pre_post_d`: change in standard deviations of the intake (*vaikutuskoko*)
# - `share_reliably_improved`: recovered or improved (*luotettavasti parantuneiden osuus*)
#
# Change during the episode (*muutos jakson aikana*) is not effectiveness (*vaikuttavuus*): nothing is
# compared here.

# %%
measured = connection.sql("""
    select instrument_code, respondent_role, indicator, n, estimate, ci_low, ci_high, ci_level, direction
    from metrics.city_outcome
    inner join marts.dim_instrument using (instrument_code)
    where indicator in ('pre_post_d', 'share_reliably_improved')
    order by all
""").pl()

numbers = ("n", "estimate", "ci_low", "ci_high")
again = []
for line in measured.iter_rows(named=True):
    rows = in_change.filter(
        (pl.col("prom_instrument") == line["instrument_code"])
        & (pl.col("prom_respondent") == line["respondent_role"])
    )
    if line["indicator"] == "pre_post_d":
        pre, last = (rows[name].cast(pl.Float64) for name in ("prom_intake", "prom_last"))
        result = pre_post_d(pre, last, level=line["ci_level"], direction=line["direction"])
    else:
        n_better = rows["change_class"].is_in(["recovered", "improved"]).sum()
        result = wilson(n_better, rows.height, level=line["ci_level"])
    again.append([getattr(result, name) for name in numbers])

# An estimate that does not exist is nan in Python and missing in the database.
types = {name: measured.schema[name] for name in numbers}
computed = pl.DataFrame(again, schema=types, orient="row").fill_nan(None)
comparison = (
    measured.drop("ci_level", "direction")
    .hstack(computed.select(pl.all().name.suffix("_again")))
    .with_columns(
        largest_difference=pl.max_horizontal(
            (pl.col(name) - pl.col(f"{name}_again")).abs() for name in numbers
        )
    )
)
comparison

# %% [markdown]
# ## Where the episodes went
#
# Intake against last score, in bins of two points. On the line nothing changed; above it the client's
# score rose. Episodes that begin high have little room above them, and those that begin low tend to
# rise by themselves (regression to the mean).

# %%
width = 2
(highest,) = connection.sql(
    "select max(total_max)::double from marts.dim_instrument where kind = 'PROM' and is_scored = 1"
).fetchone()
middles = {
    name: (pl.col(f"prom_{name}").cast(pl.Float64) // width).clip(upper_bound=highest // width - 1)
    * width
    + width / 2
    for name in ("intake", "last")
}
bins = (
    in_change.with_columns(**middles, group=pl.concat_str(group, separator=", "))
    .group_by("group", "intake", "last", "change_class")
    .len("n")
    .sort("group", "intake", "last", "change_class")
)
axis = alt.Scale(domain=[0, highest], nice=False)
points = (
    alt.Chart()
    .mark_point(filled=True, opacity=0.8)
    .encode(
        x=alt.X("intake:Q", title="Intake score (lähtötaso)", scale=axis),
        y=alt.Y("last:Q", title="Last score (viimeisin)", scale=axis),
        size=alt.Size(
            "n:Q",
            title="Episodes",
            scale=alt.Scale(range=[40, 400], zero=False),
            legend=alt.Legend(tickMinStep=1),
        ),
        color=alt.Color(
            "change_class:N",
            title="Class of change",
            scale=alt.Scale(domain=list(classes), range=list(theme.PALETTE[: len(classes)])),
        ),
        shape=alt.Shape("change_class:N", scale=alt.Scale(domain=list(classes))),
    )
)
no_change = (
    alt.Chart()
    .mark_line(color=theme.QUIET_TEXT, strokeDash=[4, 4])
    .transform_aggregate(groupby=["group"])
    .transform_calculate(ends=f"[0, {highest}]")
    .transform_flatten(["ends"])
    .encode(x="ends:Q", y="ends:Q")
)
alt.layer(no_change, points, data=alt.Data(values=bins.to_dicts())).properties(
    width=300, height=300
).facet(facet=alt.Facet("group:N", title=None), columns=2)
