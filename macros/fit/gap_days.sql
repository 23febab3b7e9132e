{# Days without a meeting after which the next one begins another episode: the service's own, else the general one. #}
{% macro gap_days(service_code) -%}
    {%- set by_service = var('gap_days_by_service') -%}
    {%- if by_service -%}
    case {{ service_code }}
        {%- for name, days in by_service.items() %}
        when '{{ name | replace("'", "''") }}' then {{ days | int }}
        {%- endfor %}
        else {{ var('gap_days') | int }}
    end
    {%- else -%}
    {{ var('gap_days') | int }}
    {%- endif -%}
{%- endmacro %}
