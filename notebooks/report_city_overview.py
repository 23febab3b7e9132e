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
# # City overview
#
# For the management of the city. The one question: how did clients' wellbeing change during their
# episodes, how were the meetings experienced, and how much can be concluded from that?
#
# The published page is made of the outputs below; these notes stay in the notebook.

# %% tags=["parameters"]
database = ""
language = "fi"

# %%
from fit_warehouse.report import course, coverage, money, notes, outcome
from fit_warehouse.report.page import open_page

page = open_page(database, language)

# %% [markdown]
# ## Answer first
#
# From the clients' own ratings only; caretakers' ratings are never pooled with them.

# %%
notes.answer(page)

# %% [markdown]
# ## Change during the episode

# %%
outcome.change(page)

# %%
outcome.means(page)

# %% [markdown]
# ## The course of the episodes

# %%
course.course(page)

# %% [markdown]
# ## Experience of the meetings

# %%
course.experience(page)

# %% [markdown]
# ## Calculated cost effects
#
# Gross and calculated. Purchased services and own staff are never added together, and a unilateral
# ending is never a saving.

# %%
money.costs(page)

# %% [markdown]
# ## What the numbers rest on

# %%
coverage.funnel(page)

# %%
coverage.use(page)

# %% [markdown]
# ## How to read this, and what it does not tell

# %%
notes.reading(page)

# %%
notes.limits(page)

# %%
notes.about(page)
