"""The page on one's own data says what the contract, its rules and the reasons say."""

from __future__ import annotations

from fit_warehouse.landing import contract, contract_page, rules
from fit_warehouse.landing.refusal import reasons


def test_the_page_is_as_the_contract_is_now() -> None:
    made = contract_page.PAGE.read_text(encoding="utf-8")
    assert made == contract_page.page(), "run: python -m fit_warehouse.landing.contract_page"


def test_every_column_and_every_reason_of_a_rule_is_on_the_page() -> None:
    text = contract_page.page()
    for table in contract.tables().values():
        section = text.partition(f"## `{table.name}`")[2].partition("\n## ")[0]
        items = contract.item_columns()[1:-1]
        for column in table.columns:
            assert f"`{column.name}`" in section or column.name in items
            assert all(code in section for code in column.values)
        for of_column in rules.by_column(table):
            assert all(rule.reason in section for rule in of_column)


def test_what_is_marked_names_columns_of_the_contract() -> None:
    for (table, column), codes in contract_page.FLAGGED.items():
        assert column in contract.tables()[table].names
        assert all(reasons()[code].fate == "kept_flagged" for code in codes)
    assert set(contract_page.FINNISH) <= set(contract.tables())
