with

series as (
    select * from {{ ref('int_series') }}
),

-- First the client's own series with two forms or more, then a caretaker's, then the client's single form.
ranked as (
    select
        series.*,
        case
            when respondent_role = 'self' and n_forms >= 2 then 1
            when respondent_role = 'caretaker' then 2
            when respondent_role = 'self' then 3
        end as preference
    from series
    where respondent_role in ('self', 'caretaker')
),

placed as (
    select
        ranked.*,
        row_number() over (
            partition by episode_key, client_key
            order by
                preference,
                n_forms desc,
                -- Ties: the client's latest series, the caretaker's earliest.
                case when respondent_role = 'self' then last_on end desc nulls last,
                case when respondent_role = 'caretaker' then first_on end nulls last,
                series_key
        ) as place
    from ranked
),

final as (
    select
        series_key,
        episode_key,
        client_key,
        instrument_code,
        respondent_role,
        parameter_group,
        score_step,
        n_forms,
        intake,
        last_total,
        highest_total,
        lowest_total,
        n_turns,
        {% for number in range(1, 5) -%}
        last_item_{{ number }} - first_item_{{ number }} as item_{{ number }}_change,
        {% endfor -%}
        first_on,
        last_on,
        is_late_baseline
    from placed
    where place = 1
)

select * from final
