with

source as (
    select * from {{ source('accepted', 'response') }}
),

renamed as (
    select
        {{ surrogate_key(['source_system', 'source_record_id']) }} as response_key,
        source_system,
        client_ref as client_key,
        episode_ref as episode_key,
        session_ref as session_key,
        respondent_ref as respondent_client_key,
        worker_ref as worker_key,
        team_code,
        session_date,
        entered_at,
        instrument_code,
        respondent_role,
        coalesce(is_skipped, 0) as is_skipped,
        skip_reason,
        {% for number in range(1, var('max_items') + 1) %}
        item_{{ number }},
        {%- endfor %}
        total as delivered_total
    from source
)

select * from renamed
