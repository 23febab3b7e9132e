"""Personal identity in files, and JSON that is bad as a whole."""

from __future__ import annotations

from tests.landing.faults.registry import Case, content

HEADER = "team_code,name_fi\n"
# The published test code of the register; the other one has a wrong check character.
CODE, NO_CODE = "131052-308T", "131052-308U"
FULL_WIDTH = "１３１０５２－３０８Ｔ"

CASES = [
    *(
        Case(
            f"identity code {number}",
            content(f"{HEADER}KEY1,SECRET\nKEY2,{cell}\n"),
            refused="identity_in_file",
            says=("name_fi", "row 3"),
        )
        for number, cell in enumerate((CODE, f"SECRET {CODE.lower()}", FULL_WIDTH))
    ),
    Case(
        "identity code in a header",
        content(f"team_code,SECRET {CODE}\nKEY1,x\n"),
        refused="identity_in_name",
        says=("column 2",),
    ),
    Case(
        "address in a header",
        content("team_code,SECRET@example.invalid\nKEY1,x\n"),
        refused="identity_in_name",
        says=("column 2", "email_address"),
    ),
    Case(
        "probable identity",
        content(
            f"{HEADER}KEY1,Perhetyö\nKEY2,SECRET {NO_CODE}\nKEY3,SECRET@example.invalid\n"
            "KEY4,+358 40 123 4567\nKEY5,Esimerkkikatu 3 A 4\n"
        ),
        problems=dict.fromkeys((3, 4, 5, 6), ("name_fi", "probable_identity")),
        accepted=1,
    ),
    Case(
        "another version of FHIR",
        content('{"resourceType": "Encounter", "class": []}\n', "r5.ndjson"),
        "r5.ndjson",
        refused="unsupported_version",
        says=("row 1",),
    ),
    Case(
        "deep JSON",
        content('{"resourceType":' + "[" * 10_000, "deep.json"),
        "deep.json",
        refused="nested_too_deep",
        says=("line 1",),
    ),
    Case("JSON without anything", content("", "no.ndjson"), "no.ndjson", refused="no_rows"),
    Case(
        "one line of JSON without end",
        content('{"resourceType": "' + "x" * (1 << 24) + '"}', "long.ndjson"),
        "long.ndjson",
        refused="file_too_large",
        says=("line 1",),
    ),
]
