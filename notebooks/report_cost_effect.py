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
# # Cost effects
#
# For the management of the city. The one question: what are early endings by agreement worth once
# everything that belongs to it has been taken off, and how much does the answer hang on assumptions?
#
# The published page is made of the outputs below; these notes stay in the notebook.

# %% tags=["parameters"]
database = ""
language = "fi"

# %%
from fit_warehouse.report import comparison, cost_basis, flow, net, notes, probability
from fit_warehouse.report import sensitivity as one_way
from fit_warehouse.report.page import open_page

page = open_page(database, language)

# %% [markdown]
# ## Answer first
#
# Service by service: services are not added, and own staff's time is never money.

# %%
net.answer(page)

# %% [markdown]
# ## From gross to net

# %%
net.waterfall(page)

# %%
net.capacity(page)

# %% [markdown]
# ## What the answer hangs on
#
# One assumption at a time, the others at their base values; and the value at which the sign turns.

# %%
one_way.sensitivity(page)

# %% [markdown]
# ## All assumptions at once

# %%
probability.above_zero(page)

# %% [markdown]
# ## Estimated against calculated
#
# Used units with feedback work against teams that had not begun: beside the calculated amounts, never
# added to them nor multiplied by them.

# %%
comparison.compared(page)

# %% [markdown]
# ## Flow
#
# What a model of the queue says of waiting: no forecast, and never euros.

# %%
flow.waiting(page)

# %% [markdown]
# ## Cost per improved client
#
# A description without a comparison; services that serve different people are not ranked by it.

# %%
cost_basis.per_improved(page)

# %% [markdown]
# ## What is left out, and what finance has confirmed

# %%
cost_basis.left_out(page)

# %%
cost_basis.confirmed(page)

# %% [markdown]
# ## Assumptions

# %%
cost_basis.assumptions(page)

# %% [markdown]
# ## How to read this, and what it does not tell

# %%
cost_basis.reading(page)

# %%
cost_basis.limits(page)

# %%
notes.about(page)
