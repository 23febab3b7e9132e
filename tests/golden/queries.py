"""What is held fast of the small city of the tests: counts and exact sums, by name.

To watch another mart, add its name and a query here and run `python -m tests.golden.renew`. A query
gives whole numbers, decimals and codes only: a double may differ in its last digit between machines,
and a key differs with every pseudonym key.
"""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("aggregates")

QUERIES: dict[str, str] = {
    "fct_city_quarter": "select * exclude (city_quarter_key) from marts.fct_city_quarter",
    "fct_service_quarter": """
        select closed_quarter, service_code, prom_instrument, prom_respondent,
            sum(columns('^(n|sum)_'))::bigint
        from marts.fct_service_quarter
        group by all
    """,
    "fct_service_comparison": """
        select service_code, fit_maturity, exclusion_reason, unit, count(*) as n,
            sum(fit_months_at_opening) as sum_months, sum(days_open) as sum_days,
            sum(planned_units) as planned_units, sum(used_units) as used_units
        from marts.fct_service_comparison
        group by all
    """,
    "fct_early_ending": """
        select service_code, is_agreed, procurement, price_year, unit, exclusion_reason,
            count(*) as n, sum(unused_units) as unused_units, sum(gross_amount_eur) as amount_eur
        from marts.fct_early_ending
        group by all
    """,
    "fct_episode": """
        select service_code, ending_code, exclusion_reason, count(*) as n,
            count(distinct family_key) as n_families, sum(n_sessions) as n_sessions,
            sum(n_prom) as n_prom, sum(n_prem) as n_prem, sum(days_waited) as days_waited
        from marts.fct_episode
        group by all
    """,
    "fct_session": """
        select service_code, attendance, prom_instrument, prem_instrument, count(*) as n,
            sum(prom_total) as prom_total, sum(prem_total) as prem_total,
            sum(session_number) as session_numbers
        from marts.fct_session
        group by all
    """,
    "fct_response": """
        select instrument_code, respondent_role, items_source, is_valid, count(*) as n,
            sum(total) as total
        from marts.fct_response
        group by all
    """,
    "fct_flow_month": """
        select service_code, is_complete,
            count(*) as n_rows, sum(columns('^(n|sum)_'))::bigint
        from marts.fct_flow_month
        group by all
    """,
    "fct_use_month": """
        select service_code, is_adopted, is_complete,
            count(*) as n_rows, sum(columns('^(n|sum)_'))::bigint
        from marts.fct_use_month
        group by all
    """,
    "fct_adoption_month": """
        select is_adopted, is_complete,
            count(*) as n_rows, sum(columns('^(n|sum)_'))::bigint
        from marts.fct_adoption_month
        group by all
    """,
    "fct_participation_quarter": """
        select session_quarter, age_band, is_child_6_plus,
            count(*) as n_rows, sum(columns('^(n|sum)_'))::bigint
        from marts.fct_participation_quarter
        group by all
    """,
    "fct_informant_pair": """
        select pair_kind, own_instrument, other_instrument, age_band, count(*) as n,
            sum(difference) as difference
        from marts.fct_informant_pair
        group by all
    """,
    "fct_quality_month": """
        select indicator_code, detail, sum(n)::bigint as n, sum(n_of)::bigint as n_of
        from marts.fct_quality_month
        group by all
    """,
    "fct_episode_class": """
        select parameter_set, change_class, is_intake_functional, count(*) as n
        from marts.fct_episode_class
        group by all
    """,
    "fct_episode_denominators": """
        select service_code, sum(columns('^is_in_'))::bigint,
            sum(is_rereferred_12_months)::bigint as n_rereferred, sum(n_prem_drops)::bigint as n_prem_drops
        from marts.fct_episode
        group by all
    """,
    "city_funnel": "select step_order, step, n_episodes, n_persons from metrics.city_funnel",
    "city_outcome": """
        select instrument_code, respondent_role, indicator, n, numerator, n_persons
        from metrics.city_outcome
    """,
}
