{#
The columns of fct_team_quarter that add up: the sum over any rows is that of their episodes together.
Service and city are made of this list, so that no column can be in one of them alone.
#}
{% macro quarter_sums() -%}
    {{ return([
        'n_referred', 'n_opened', 'n_attended', 'n_one_prom', 'n_two_prom', 'n_in_change', 'n_reliably_improved',
        'n_recovered', 'n_improved', 'n_unchanged', 'n_deteriorated', 'n_intake_functional', 'n_late_baseline',
        'sum_intake', 'sum_last', 'sum_intake_squared', 'sum_last_squared', 'sum_product',
    ]) }}
{%- endmacro %}
