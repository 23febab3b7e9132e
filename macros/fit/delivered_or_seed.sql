{#
The rows of a seed with the delivered ones of the same shape: of a key that both have, the delivered
row counts. Missing parts of a key are equal to each other.
#}
{% macro delivered_or_seed(delivered, seed, key, columns) -%}
    (
        select {{ columns | join(', ') }}
        from {{ delivered }}
        union all
        select {{ columns | join(', ') }}
        from {{ seed }} as seeded
        where not exists (
            select 1
            from {{ delivered }} as delivered_rows
            where
                {% for column in key -%}
                coalesce(cast(delivered_rows.{{ column }} as string), '') = coalesce(cast(seeded.{{ column }} as string), '')
                {{ 'and ' if not loop.last }}
                {%- endfor %}
        )
    )
{%- endmacro %}
