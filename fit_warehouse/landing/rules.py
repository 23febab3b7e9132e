"""Which rows are kept out, and why: each rule is an SQL condition over a row as delivered.

`d_x` is the delivered column x as trimmed text (empty = missing); `v_x` is the same in the contract's
type, NULL where the text does not fit it. Times compare with `known_at`:
when the delivery was extracted, else today.
"""

from __future__ import annotations

from dataclasses import dataclass

from fit_warehouse.landing.contract import Column, Table, item_columns, tables

EARLIEST_EVENT = "2000-01-01"  # the scales are from 2003; services used before are of no use here
EARLIEST_BIRTH = "1901-01-01"  # 1900 is what spreadsheets make of an empty date
TOLERANCE = "0.05"  # between a delivered total and its items: half a step of 0.1

# U+00A0 and, in numbers, U+2212 (8722) are what Finnish spreadsheets write.
WHITE_SPACE = (9, 10, 13, 32, 160)
NUMBERS = ("decimal", "integer")

NUMBER = r"^[+-]?[0-9]+([.,][0-9]+)?$"
THREE_DECIMALS = r"^[+-]?[0-9]{1,3}[.,][0-9]{3}$"
WHOLE = r"^[+-]?[0-9]+([.,]0+)?$"
DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T]00:00:00(\.0+)?)?$"
MOMENT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?)?$"


@dataclass(frozen=True, slots=True)
class Rule:
    """A row for which `condition` is true is quarantined for `reason`, pointing at `column`.

    `is_own` says that the condition asks for nothing but the column itself.
    """

    reason: str
    column: str
    condition: str
    is_own: bool = False


def is_ragged(column: Column) -> str:
    """Return SQL for whether any value of a delivered column is not as `trimmed` would have it.

    To look is far cheaper than to trim, and most columns of most files need no trimming.
    """
    text = column.name
    ends = " or ".join(f"suffix({text}, chr({code}))" for code in WHITE_SPACE)
    # The ASCII ones come before all other text; U+00A0 begins no other character's bytes.
    begins = f"{text} < '!' or ({text} >= chr(160) and {text} < chr(161))"
    minus = f" or contains({text}, chr(8722))" if column.type in NUMBERS else ""
    return f"coalesce(bool_or({begins} or {ends}{minus}), false)"


def trimmed(column: Column) -> str:
    """Return SQL for a delivered column without the white space around it, empty as NULL."""
    text = f"replace({column.name}, chr(8722), '-')" if column.type in NUMBERS else column.name
    return f"nullif(trim({text}, {' || '.join(f'chr({code})' for code in WHITE_SPACE)}), '')"


def typed(column: Column, *, is_formed: bool = False, has_comma: bool = True) -> str:
    """Return SQL that turns the trimmed text `d_column` into the column's type, else NULL.

    Where every value of the column is known to have its form, that is not asked for again; nor is a
    comma replaced where there is none.
    """
    text = f"d_{column.name}"
    number = f"replace({text}, ',', '.')" if has_comma else text
    match column.type:
        case "decimal":
            form, value = NUMBER, f"try_cast({number} as {_wide(column)})"
        case "integer":
            form, value = WHOLE, f"try_cast(try_cast({number} as double) as integer)"
        case "flag":
            return f"case {text} when '1' then 1 when '0' then 0 end"
        case "date":
            form, value = DAY, f"try_cast({text}[1:10] as date)"
        case "datetime":
            form, value = MOMENT, f"try_cast({text} as timestamp)"
        case _:
            return text
    return value if is_formed else f"case when regexp_matches({text}, '{form}') then {value} end"


def _wide(column: Column) -> str:
    """Return the type in which rules see a decimal: a score with the decimals it was delivered with."""
    return "decimal(18,6)" if column.scale == 2 else column.sql_type


def column_rules(column: Column) -> list[Rule]:
    """Return the rules that follow from the contract's word on one column."""
    name, rules = column.name, []
    given, value = f"d_{name} is not null", f"v_{name}"

    def add(reason: str, condition: str, *, is_own: bool = True) -> None:
        rules.append(Rule(reason, name, condition, is_own))

    if column.required:
        add("missing_required", f"d_{name} is null")
    if column.type == "decimal":
        matches = f"regexp_matches(d_{name}, '{THREE_DECIMALS}')"
        # Most scores are too short to have three decimals: they are spared the search.
        add("ambiguous_number", f"case when strlen(d_{name}) > 4 then {matches} end")
    not_in_type = {
        "decimal": "not_a_number",
        "integer": "not_a_number",
        "flag": "not_a_flag",
        "date": "not_a_date",
        "datetime": "not_a_date",
    }.get(column.type)
    if not_in_type:
        add(not_in_type, f"{given} and {value} is null")
    if column.type in ("date", "datetime"):
        earliest = EARLIEST_BIRTH if column.birth else EARLIEST_EVENT
        add("date_too_early", f"{value} < timestamp '{earliest}'")
    if column.past or (column.birth and column.type == "date"):
        # A row's own time may lie some hours before the delivery's: days are compared.
        add("date_in_future", f"cast({value} as date) > cast(known_at as date)", is_own=False)
    if name == "extracted_at":
        # A row from the future would win over every later version.
        add("date_in_future", f"cast({value} as date) > cast(latest_at as date)", is_own=False)
    if column.birth and column.type == "integer":
        add("date_too_early", f"{value} < year(date '{EARLIEST_BIRTH}')")
        add("date_in_future", f"{value} > year(known_at)", is_own=False)
    if column.values:
        allowed = ", ".join(f"'{code}'" for code in column.values)
        add("unknown_code", f"{given} and d_{name} not in ({allowed})")
    return rules


def _response() -> list[Rule]:
    """Return what must hold between the columns of a form; `i` is the form's instrument."""
    items = item_columns()
    rules = [Rule("unknown_instrument", "instrument_code", "i.instrument_code is null")]
    for number, item in enumerate(items, start=1):
        score = f"v_{item}"
        rules += [
            Rule("too_many_items", item, f"{score} is not null and {number} > i.item_count"),
            Rule("score_out_of_range", item, f"{score} < i.item_min or {score} > i.item_max"),
            Rule("score_off_step", item, f"{score} % i.score_step != 0"),
        ]
    total = " + ".join(f"coalesce(v_{item}, 0)" for item in items)
    n_items = " + ".join(f"(v_{item} is not null)::integer" for item in items)
    any_score = " or ".join(f"v_{item} is not null" for item in (*items, "total"))
    return [
        *rules,
        Rule("score_out_of_range", "total", "v_total < i.total_min or v_total > i.total_max"),
        Rule("score_off_step", "total", "v_total % i.score_step != 0"),
        Rule(
            "total_mismatch",
            "total",
            f"{n_items} = i.item_count and abs(v_total - ({total})) > {TOLERANCE}",
        ),
        Rule("skipped_with_scores", "is_skipped", f"v_is_skipped = 1 and ({any_score})"),
    ]


def _session() -> list[Rule]:
    held = "d_attendance in ('attended', 'no_show')"
    return [
        Rule(
            "date_in_future", "session_date", f"{held} and v_session_date > cast(known_at as date)"
        ),
        Rule("negative_amount", "duration_minutes", "v_duration_minutes < 0"),
    ]


def _episode() -> list[Rule]:
    planned = ("planned_sessions", "planned_months", "planned_days")
    return [
        Rule("no_start_date", "opened_on", "d_referred_on is null and d_opened_on is null"),
        Rule(
            "ending_without_closing",
            "ending_code",
            "d_ending_code is not null and d_closed_on is null",
        ),
        *(Rule("negative_amount", name, f"v_{name} < 0") for name in planned),
    ]


def _unit_price() -> list[Rule]:
    period = "d_basis = 'period'"
    return [
        Rule("negative_amount", "amount_eur", "v_amount_eur < 0"),
        Rule(
            "period_without_units",
            "planned_units",
            f"{period} and (d_planned_units is null or v_planned_units <= 0)",
        ),
        Rule("negative_amount", "planned_units", "v_planned_units < 0"),
        Rule("period_without_units", "planned_unit", f"{period} and d_planned_unit is null"),
        _backwards("valid_from", "valid_to"),
    ]


def _cost_assumption() -> list[Rule]:
    unit_of = {"front_weight": "times", "front_units": "units", "onward_units": "units"}
    known = " ".join(f"when '{factor}' then '{unit}'" for factor, unit in unit_of.items())
    return [
        Rule("unit_mismatch", "unit", f"d_unit != case d_factor {known} else 'share' end"),
        *(Rule("negative_amount", name, f"v_{name} < 0") for name in ("low", "base", "high")),
        # A first unit that weighs nothing would cost nothing.
        Rule("negative_amount", "low", "d_factor = 'front_weight' and v_low <= 0"),
        *(
            Rule("share_above_one", name, f"d_unit = 'share' and v_{name} > 1")
            for name in ("low", "base", "high")
        ),
        Rule("range_out_of_order", "base", "v_base < v_low"),
        Rule("range_out_of_order", "high", "v_high < v_base"),
        _backwards("valid_from", "valid_to"),
    ]


def _fit_cost() -> list[Rule]:
    return [
        Rule("negative_amount", "amount_eur", "v_amount_eur < 0"),
        Rule("negative_amount", "quantity", "v_quantity < 0"),
        Rule("unit_mismatch", "per", "(d_cost_item = 'session_minutes') != (d_per = 'hour')"),
        _backwards("period_from", "period_to"),
    ]


def _price_index() -> list[Rule]:
    return [Rule("negative_amount", "value", "v_value <= 0")]


def _finance_confirmation() -> list[Rule]:
    return [
        Rule("negative_amount", "amount_eur", "v_amount_eur < 0"),
        _backwards("period_from", "period_to"),
    ]


def _backwards(first: str, last: str) -> Rule:
    return Rule("period_backwards", last, f"v_{last} < v_{first}")


def _correction() -> list[Rule]:
    """Return that a correction names its row: without the whole key it would correct nothing."""
    return [
        Rule("missing_required", name, f"d_table_name = '{table}' and d_{name} is null")
        for table in tables()["correction"]["table_name"].values
        for name in tables()[table].key
    ]


BETWEEN_COLUMNS = {
    "response": _response,
    "session": _session,
    "episode": _episode,
    "unit_price": _unit_price,
    "cost_assumption": _cost_assumption,
    "fit_cost": _fit_cost,
    "price_index": _price_index,
    "finance_confirmation": _finance_confirmation,
    "correction": _correction,
}


def by_column(table: Table) -> list[list[Rule]]:
    """Return the rules of each column; the first that holds for a row is the one reported."""
    rules: dict[str, list[Rule]] = {}
    own = (rule for column in table.columns for rule in column_rules(column))
    for rule in (*own, *BETWEEN_COLUMNS.get(table.name, list)()):
        rules.setdefault(rule.column, []).append(rule)
    return list(rules.values())
