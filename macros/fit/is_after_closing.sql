{# A meeting after its episode's closing is no part of the course; an episode closed before it began is at no time. #}
{% macro is_after_closing(day, begun_on, closed_on) -%}
    case when {{ day }} > {{ closed_on }} and coalesce({{ begun_on }} <= {{ closed_on }}, true) then 1 else 0 end
{%- endmacro %}
