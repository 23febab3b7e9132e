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
# # The synthetic city
#
# For a methods researcher: what the simulator draws, how it compares with what is published, and how to
# use its truth. The model stands in `docs/method/simulator.md`, its numbers in `city.toml`.
#
# **Every number here is made up.** Nothing in it says anything about a real city or about FIT.

# %% tags=["parameters"]
forms = 60_000
seed = 1
effect = 1.0

# %%
import tempfile
from pathlib import Path

import altair as alt
import polars as pl

from fit_warehouse.demo import calibration, make_city, truth
from fit_warehouse.demo.study import Switches, study_parameters
from fit_warehouse.report import theme

# Drawn in this process, so that charts show without a network.
alt.renderers.enable("svg")
tables = pl.Config(fmt_str_lengths=200, tbl_rows=60, tbl_cols=20, tbl_hide_dataframe_shape=True)

# %% [markdown]
# ## Make it
#
# The landing files and, beside them, the truth. The folder goes when the notebook's kernel goes.

# %%
folder = tempfile.TemporaryDirectory()
landing = Path(folder.name) / "landing"
parameters = study_parameters(Switches(effect=effect))
made = make_city(landing, forms=forms, seed=seed, parameters=parameters)
pl.DataFrame({"table": list(made.rows), "rows": list(made.rows.values())}).sort("table")

# %% [markdown]
# ## Against what is published
#
# Each figure is taken from the delivered files, as an analyst would. A small city strays further from
# the bands than the large one of the method page; the ICC of workers most of all.

# %%
values = calibration.simulated(landing)
comparison = pl.DataFrame(
    [
        {
            "figure": target.text,
            "simulated": round(values[name], 3),
            "published": target.published,
            "low": target.band[0],
            "high": target.band[1],
            "within": target.holds(values[name]),
            "source": target.source,
        }
        for name, target in calibration.targets().items()
    ]
)
comparison

# %% [markdown]
# ## True scores and forms
#
# A form is the true total, the week's state and the noise of its items. The reliability of a single
# form is the share of the variance of its totals that is true. A reliability found in one population is
# not that of another: it rises with the spread of the true scores.

# %%
city = calibration.Files(landing)
scored = city.forms.filter(pl.col("instrument_code").is_in(["ORS", "CORS"])).join(
    truth.read(landing, "form"), on="source_record_id"
)
scored.group_by("instrument_code", "respondent_role").agg(
    pl.len().alias("forms"),
    pl.col("true_total").mean().round(2).alias("true mean"),
    pl.col("true_total").std().round(2).alias("true SD"),
    pl.col("total").std().round(2).alias("SD of forms"),
    (pl.corr("true_total", "total") ** 2).round(3).alias("reliability"),
).sort("instrument_code", "respondent_role")

# %% [markdown]
# ## Missing, and not at random
#
# Who feels worse fills in less. The truth holds each form's probability of being filled in, so a
# weighting by its inverse has something to be judged against.

# %%
forms_of = truth.read(landing, "form").with_columns(
    from_total=(pl.col("true_total") // 5).cast(pl.Int64) * 5
)
forms_of.group_by("from_total").agg(
    pl.len().alias("forms"),
    pl.col("true_total").mean().round(1).alias("true total"),
    pl.col("filled_chance").mean().round(3).alias("chance of being filled in"),
).sort("from_total")

# %% [markdown]
# ## What FIT saves, truly
#
# Every episode ends twice: as it did, and as the same chance would have ended it without FIT. The mean
# difference is the true saving for each episode; a part of the episodes goes the other way, as fewer
# clients leave.

# %%
episodes = truth.read(landing, "episode").join(
    city.episode.select("episode_ref", "service_code"), on="episode_ref"
)
with_fit = episodes.filter("opened_with_fit")
savings = (
    with_fit.group_by("service_code", "unit")
    .agg(
        pl.len().alias("episodes"),
        pl.col("used_units").mean().round(2).alias("units"),
        pl.col("used_units_without_fit").mean().round(2).alias("units without FIT"),
        pl.col("saving_eur").mean().round(0).alias("saving_eur"),
        (pl.col("saving_eur") < 0).mean().round(3).alias("share that costs more"),
    )
    .sort("service_code")
)
savings

# %% [markdown]
# ## How episodes end, with FIT and without

# %%
names = {"ending_code": "with FIT", "ending_code_without_fit": "without FIT"}
endings = pl.concat(
    with_fit.select(pl.col(column).alias("ending")).with_columns(pl.lit(label).alias("city"))
    for column, label in names.items()
)
shares = (
    endings.group_by("city", "ending")
    .len("n")
    .with_columns(share=pl.col("n") / pl.col("n").sum().over("city"))
)
alt.Chart(alt.Data(values=shares.sort("ending", "city").to_dicts())).mark_bar().encode(
    x=alt.X(
        "share:Q", title="Share of the episodes that opened with FIT", axis=alt.Axis(format="%")
    ),
    y=alt.Y("ending:N", title=None),
    yOffset="city:N",
    color=alt.Color("city:N", title=None, scale=alt.Scale(range=list(theme.PALETTE[:2]))),
).properties(width=420, title="FIT brings agreed ends forward and keeps clients from leaving")

# %% [markdown]
# ## Queues and next episodes
#
# Time that shorter episodes free goes in part to those who wait, so waits fall as teams adopt FIT. Who
# is referred on has an episode in the next service, and some families come back. What FIT changes in
# both is in the truth too: an effect on the episode alone is not the whole effect.

# %%
queue = truth.read(landing, "queue")
years = pl.col("month").dt.year().alias("year")
queue.group_by("service_code", years).agg(
    pl.col("mean_wait_days").mean().round(1).alias("mean wait, days"),
    pl.col("mean_wait_days_without_fit").mean().round(1).alias("without FIT"),
).sort("service_code", "year")

# %%
leads = {"leads_to": "with FIT", "leads_to_without_fit": "without FIT"}
first = with_fit.filter(pl.col("next_of").is_null())
pl.concat(
    first.group_by(pl.col(column).fill_null("none").alias("leads to"))
    .len("n")
    .with_columns(city=pl.lit(label), share=(pl.col("n") / first.height).round(4))
    for column, label in leads.items()
).sort("leads to", "city")
