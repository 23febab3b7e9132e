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
# # What if
#
# For an analyst beside a finance director: what is left of the gross value of early endings when an
# assumption is another one? Move a slider and see the net amount (*laskennallinen nettovaikutus*)
# follow.
#
# The numbers are of the restricted publication, without disclosure control: keep them inside the circle
# that may read `restricted/`. This notebook is never published. What has been agreed on as an assumption
# belongs into `cost_assumption.csv`, with its source; a slider is no source.

# %%
import duckdb
from IPython.display import HTML

from fit_warehouse import project, settings
from fit_warehouse.errors import UsageError
from fit_warehouse.publish import stage, switch
from fit_warehouse.report.what_if import WhatIf, what_if_chart

# %% [markdown]
# ## Open the publication

# %%
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
# ## Choose a line
#
# A line is a service at one price year and tax; lines are never added. Purchased services may free
# money; of own staff the euros are those that come on top of the freed time.

# %%
lines = connection.sql("""
    with lines as (
        select net.*,
            -- One share for the whole line: that of the amounts; where nothing is avoided, the mean share.
            coalesce(
                avoided_amount_eur::double / nullif(avoidable_amount_eur::double, 0), base_value
            ) as attribution
        from metrics.cost_net as net
        inner join metrics.cost_sensitivity as moved
            on net.service_code = moved.service_code
            and net.procurement = moved.procurement
            and net.price_year = moved.price_year
            and net.vat_included is not distinct from moved.vat_included
            and moved.factor = 'attribution_share'
        where net.scenario = 'base' and net.gross_amount_eur > 0
    )
    select service_code, procurement, price_year, vat_included, n_episodes, attribution,
        gross_amount_eur::double as gross,
        avoidable_amount_eur::double / gross as avoidable,
        coalesce(
            (onward_amount_eur + rereferral_amount_eur)::double / nullif(attribution, 0) / n_episodes, 0
        ) as onward_each,
        fit_cost_eur::double as fit_cost,
        net_amount_eur::double as net
    from lines
    order by procurement desc, n_episodes desc, service_code
""").pl()
if lines.is_empty():
    raise UsageError(
        "no service has a net amount in this publication: metrics.cost_excluded says what is missing"
    )
lines

# %%
chosen = lines.row(0, named=True)
line = WhatIf(
    name=chosen["service_code"],
    n=chosen["n_episodes"],
    gross=chosen["gross"],
    attribution=chosen["attribution"],
    avoidable=chosen["avoidable"],
    onward_each=chosen["onward_each"],
    fit_cost=chosen["fit_cost"],
)

# %% [markdown]
# ## Move the assumptions
#
# The script that draws lies in the output itself, so that the sliders work without a network.

# %%
chart = what_if_chart(line)
HTML(chart.to_html(inline=True))
