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
# # Neljän tiimin tarkastelu
#
# Analyytikolle: kuinka monta yksikköä (käyntiä, kuukautta) vähemmän tai enemmän jakso käyttää tiimeissä,
# jotka ovat käyttäneet FITiä 1,5–4 vuotta, kun vertailuna ovat samaan aikaan alkaneet jaksot tiimeissä,
# jotka eivät olleet vielä aloittaneet. Tulos on **arvioitu vaikutus vertailuun perustuen**. Sitä ei kerrota
# vaikutusosuudella eikä lasketa yhteen laskennallisen säästön kanssa. Menetelmä:
# `docs/method/cost_comparison.md`.
#
# Rivit ovat pseudonyymejä, eivät anonyymejä. Tätä muistikirjaa ei julkaista.

# %% tags=["parameters"]
# Codes of the teams to look at; without any, those that have used FIT the longest.
chosen = []
n_chosen = 4

# %%
from datetime import timedelta

import duckdb
import polars as pl

from fit_warehouse import project, settings
from fit_warehouse.errors import UsageError
from fit_warehouse.measure import used_units
from fit_warehouse.measure.cost_comparison import LEAST_TEAMS
from fit_warehouse.publish import stage, switch

tables = pl.Config(fmt_str_lengths=400, tbl_rows=60, tbl_cols=20, tbl_hide_dataframe_shape=True)
MATURE = "18_to_48_months"
SELECTION = (
    "Joukossa ovat vain tiimit, jotka ovat käyttäneet FITiä pitkään; ne ovat voineet erota muista jo "
    "ennen aloittamista, eikä tulos kuvaa kaikkia tiimejä."
)

# %% [markdown]
# ## Julkaisun avaaminen
#
# Vain luettavaksi. Uusi julkaisu ei odota tätä muistikirjaa.

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
(as_of,) = connection.execute("select any_value(as_of) from metrics.city_funnel").fetchone()

# %% [markdown]
# ## Mitkä jaksot ovat mukana
#
# Kaikki päättymistavat. Alkamisesta on kulunut niin kauan, että lähes kaikki jaksot ovat päättyneet: muuten
# viimeisistä näkyisivät vain lyhyet. Juuri ennen tiiminsä aloitusta alkaneet jaksot jäävät pois, koska osa
# niistä sai lomakkeet kesken kaiken.

# %%
opened_to = as_of - timedelta(days=used_units.FOLLOWED_DAYS)
closed = used_units.closed_episodes(connection, opened_to)
episodes = closed.filter(used_units.is_complete() & ~used_units.near_adoption())
episodes.group_by("fit_maturity").agg(
    pl.len().alias("jaksoja"), pl.col("team_code").n_unique().alias("tiimejä")
).sort("fit_maturity")

# %% [markdown]
# ## Tiimien valinta
#
# Valinta tehdään kypsyyden mukaan, ei tulosten: pisimpään FITiä käyttäneet tiimit, joilla on jaksoja
# väliltä 18–48 kuukautta. Omat tiimit voi nimetä parametrilla `chosen`.

# %%
mature = episodes.filter(pl.col("fit_maturity") == MATURE)
by_maturity = (
    mature.group_by("team_code", "service_code", "fit_adopted_on")
    .agg(pl.len().alias("jaksoja"))
    .sort("fit_adopted_on", "team_code")
)
teams = chosen or by_maturity["team_code"].head(n_chosen).to_list()
unknown = sorted(set(teams) - set(by_maturity["team_code"]))
if unknown:
    raise UsageError(
        f"no episode that opened 18 to 48 months after adoption: {', '.join(unknown)}. "
        "Choose teams from the table by_maturity"
    )
by_maturity.with_columns(valittu=pl.col("team_code").is_in(teams))

# %% [markdown]
# ## Arvio
#
# Samojen palvelujen jaksot: valittujen tiimien kypsän vaiheen jaksot vastaan kaikkien tiimien jaksot ajalta
# ennen aloitusta. Käyttö katkaistaan suunnitelmaan. Vakioituna ovat palvelu, alkamisneljännes, ikäryhmä ja
# tulotapa (ensi kertaa, takaisin samaan palveluun vai toisesta palvelusta). Alle kymmenelle tiimille ei ole
# menetelmää, jonka luottamusväli pitäisi paikkansa, joten väliä ei anneta. Eri yksiköitä ei lasketa yhteen:
# kaikkien palvelujen rivi on osuus suunnitelmasta.


# %%
def estimate(rows, unit, *, of_plan=False):
    """Return one line: the estimate where there is one, an interval from ten teams on."""
    found = used_units.difference(rows, level=0.95, of_plan=of_plan)
    under, before = (rows.filter(pl.col("is_fit") == side) for side in (1, 0))
    n_teams = under["team_code"].n_unique()
    if found is None:
        why = "Ei arviota: samassa palvelussa ei samaan aikaan ollut tiimejä, jotka eivät olleet aloittaneet."
    elif n_teams < LEAST_TEAMS:
        why = f"Ei väliä: {n_teams} tiimiä, alle {LEAST_TEAMS}."
    else:
        why = None
    return {
        "palvelu": ", ".join(sorted(rows["service_code"].unique())),
        "yksikkö": unit,
        "jaksoja, FIT": under.height,
        "jaksoja, vertailu": before.height,
        "tiimejä, FIT": n_teams,
        "tiimejä, vertailu": before["team_code"].n_unique(),
        "ero jaksoa kohti": found.estimate if found else None,
        "väli alkaa": found.ci_low if found and why is None else None,
        "väli päättyy": found.ci_high if found and why is None else None,
        "miksi ei väliä": why,
    }


under_fit = mature.filter(pl.col("team_code").is_in(teams))
services = under_fit["service_code"].unique().to_list()
before = episodes.filter((pl.col("is_fit") == 0) & pl.col("service_code").is_in(services))
compared = pl.concat([under_fit, before])
lines = [estimate(rows, unit) for (_, unit), rows in compared.group_by("service_code", "unit")]
comparable = [line["palvelu"] for line in lines if line["ero jaksoa kohti"] is not None]
if len(comparable) > 1:
    together = compared.filter(pl.col("service_code").is_in(comparable))
    lines.append(estimate(together, "osuus suunnitelmasta", of_plan=True))
schema = {
    **dict.fromkeys(("palvelu", "yksikkö"), pl.String),
    **dict.fromkeys(("jaksoja, FIT", "jaksoja, vertailu"), pl.Int64),
    **dict.fromkeys(("tiimejä, FIT", "tiimejä, vertailu"), pl.Int64),
    **dict.fromkeys(("ero jaksoa kohti", "väli alkaa", "väli päättyy"), pl.Float64),
    "miksi ei väliä": pl.String,
}
result = pl.DataFrame(lines, schema=schema).sort(pl.col("palvelu").str.len_chars(), "palvelu")
result = result.with_columns(valikoituminen=pl.lit(SELECTION))
result

# %% [markdown]
# ## Mitä tulos kertoo ja mitä ei
#
# - Negatiivinen ero: jakso käyttää FITin aikana vähemmän yksikköjä. Ero voi olla myös positiivinen.
# - **Joukossa ovat vain tiimit, jotka ovat käyttäneet FITiä pitkään; ne ovat voineet erota muista jo ennen
#   aloittamista, eikä tulos kuvaa kaikkia tiimejä.**
# - Arvio yksin ei kerro, kuinka paljon siitä on sattumaa. Koko kaupungin arvio väleineen on taulussa
#   `metrics.cost_comparison`.
# - Ero ei ole toteutunut säästö. Oman palvelun vähempi käyttö on vapautunutta kapasiteettia.

# %%
connection.sql("""
    select service_code, unit, n, n_fit_teams, n_comparison_teams, estimate, ci_low, ci_high, interval_reason
    from metrics.cost_comparison
    order by all
""").pl()
