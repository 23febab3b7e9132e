{#
Items of instruments that fct_response has too few columns for. With the package's own instruments
there is none, and the forms are not read.
#}
{% set columns_of_response = 4 -%}
with

{% if var('max_items') > columns_of_response -%}
long_instruments as (
    select instrument_code
    from {{ ref('instrument') }}
    where item_count > {{ columns_of_response }}
),

responses as (
    select
        responses.*
    from {{ ref('int_response_scored') }} as responses
    semi join long_instruments on responses.instrument_code = long_instruments.instrument_code
    where responses.n_items > 0
),

items as (
    {% for number in range(1, var('max_items') + 1) -%}
    select
        response_key,
        session_key,
        episode_key,
        client_key,
        respondent_key,
        team_code,
        service_code,
        session_date,
        instrument_code,
        respondent_role,
        is_valid,
        {{ number }} as item_number,
        item_{{ number }} as item_score
    from responses
    where item_{{ number }} is not null
    {{ 'union all' if not loop.last }}
    {% endfor -%}
),
{%- else -%}
items as (
    select
        response_key,
        session_key,
        episode_key,
        client_key,
        respondent_key,
        team_code,
        service_code,
        session_date,
        instrument_code,
        respondent_role,
        is_valid,
        1 as item_number,
        item_1 as item_score
    from {{ ref('int_response_scored') }}
    where false
),
{%- endif %}

final as (
    select
        {{ surrogate_key(['items.response_key', 'cast(items.item_number as string)']) }} as response_item_key,
        items.response_key,
        items.session_key,
        items.episode_key,
        items.client_key,
        items.respondent_key,
        items.team_code,
        items.service_code,
        items.session_date,
        items.instrument_code,
        items.respondent_role,
        cast(items.item_number as smallint) as item_number,
        cast(items.item_score as decimal(6, 2)) as item_score,
        cast(items.is_valid as smallint) as is_valid
    from items
)

select * from final
