{# Whether a row of int_client_link holds on a day: from its first day until the next link begins. #}
{% macro link_holds(links, day) -%}
    (({{ links }}.valid_from is null or {{ links }}.valid_from <= {{ day }})
        and ({{ links }}.replaced_on is null or {{ day }} < {{ links }}.replaced_on))
{%- endmacro %}
