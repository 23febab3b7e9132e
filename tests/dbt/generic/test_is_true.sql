{# Rows for which an expression that must hold does not. #}
{% test is_true(model, expression) %}
    select *
    from {{ model }}
    where not coalesce({{ expression }}, false)
{% endtest %}
