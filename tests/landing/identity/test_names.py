"""Names of files, sheets and columns: what is found in them, and what may be shown of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fit_warehouse.landing.contract import tables
from fit_warehouse.landing.identity import Kind, find_in_name, kind_of_name, safe_name


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("response_010594Y9032.csv", Kind.CODE, "response_•.csv"),
        ("a/response_０１０５９４−9032.csv", Kind.CODE, "a/response_•.csv"),
        ("Hetu 010594-9032 ja 020594X903P", Kind.CODE, "Hetu • ja •"),
        ("response_010594-9033.csv", Kind.PROBABLE_CODE, "response_•.csv"),
        ("response_020594903P.csv", Kind.PROBABLE_CODE, "response_•.csv"),
        ("matti.meikalainen@example.fi", Kind.EMAIL, "•"),
        ("posti: äiti_ö@mäki.example", Kind.EMAIL, "posti: •"),
        ("puh 040 123 4567", Kind.PHONE, "puh •"),
        ("puh_040-1234567.csv", Kind.PHONE, "puh_•.csv"),
        ("+358 40 123 4567", Kind.PHONE, "•"),
        ("+46 (0)8 123 456 78", Kind.PHONE, "•"),
        ("00358 40 1234567", Kind.PHONE, "•"),
        ("0401234567", Kind.PHONE, "•"),
        ("09 310 1691", Kind.PHONE, "•"),
        ("Mannerheimintie 5 A 12", Kind.STREET, "•"),
        ("asiakas_Hämeentie_13.xlsx", Kind.STREET, "asiakas_•.xlsx"),
        ("Aleksis Kiven katu 24", Kind.STREET, "Aleksis •"),
        ("Drottninggatan 3", Kind.STREET, "•"),
        ("Nordenskiöldsvägen 7b", Kind.STREET, "•"),
        ("ISO ROOBERTINKATU 2", Kind.STREET, "ISO •"),
        ("Itäväylä 8", Kind.STREET, "•"),
        ("Kyrkva\u0308gen 8 B", Kind.STREET, "•"),
    ],
)
def test_identity_is_named_and_masked(name: str, kind: Kind, shown: str) -> None:
    assert kind_of_name(name) is kind
    assert safe_name(name) == shown


@pytest.mark.parametrize("column_type", ["ref", "name", "code", "text", "heading"])
@pytest.mark.parametrize(
    "text",
    [
        "1.2.246.562.10.2012566.10.1",
        "1.2.246.537.6.1243",
        "2025-01-31",
        "2025-01-31T09:00:00+03:00",
        "2025-01-31 09:00:00.000000+0300",
        "20250131",
        "20250131120000",
        "31.1.2025 klo 12.30",
        "123e4567-e89b-12d3-a456-426614174000",
        "01059400-9032-4a03-8f00-010594a9032b",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "S-0000123",
        "R-000000123",
        "E-HEHKU",
        "S250131-0012",
        "1234567",
        "123456789012",
        "1000000001",
        "0201256-6",
        "response_2025-01-31",
        "session_2025-01.csv",
        "Itäinen perhetyö 3",
        "Kalliolan tiimi",
        "Valmennustiimi",
        "Perheoikeudelliset palvelut 2",
        "palvelupolku 3",
        "Neuropsykiatrisk coachning",
        "Helsingin kaupungin julkaistu esimerkki, 12.8.2025",
        "Helsinki, closing slides 12.8.2025",
        "HEL 2024-012345",
        "Dnro 1234/2024 § 12",
        "8 664,00 € (alv 0 %)",
        "p@",
        "5 @ 3.50",
        "Hämeentien tiimi 3",
        "",
    ],
)
def test_what_is_nobodys_passes(text: str, column_type: str) -> None:
    assert find_in_name(text, column_type) == ()
    assert safe_name(text) == text


def test_the_words_of_the_contract_pass() -> None:
    for table in tables().values():
        for column in table.columns:
            for word in (table.name, column.name, *column.values):
                assert kind_of_name(word) is None


def test_what_is_found_tells_nothing_of_it() -> None:
    name = "hetu 010594Y9032"
    found = find_in_name(name)
    assert "9032" not in repr(found)
    assert name[found[0].start : found[0].end] == "010594Y9032"


PARTS = st.one_of(
    st.text(max_size=6),
    st.sampled_from(
        [
            "010594Y9032",
            "010594-9033",
            "020594903P",
            "a@b.fi",
            "040 1234567",
            "Itätie 5",
            "+358401234567",
        ]
    ),
    st.sampled_from([" ", "_", "-", "１", "9", "\u200b", "ﬀ", "x"]),
)


@given(st.lists(PARTS, max_size=8).map("".join))
def test_nothing_is_left_to_find_in_a_safe_name(name: str) -> None:
    assert find_in_name(safe_name(name)) == ()
