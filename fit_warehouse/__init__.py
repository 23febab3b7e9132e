"""The pipeline of the FIT analytics warehouse: land, build, measure, check, publish.

This file imports nothing on purpose: `fit_warehouse.bootstrap` runs before anything is installed.
"""
