"""The same city as import files of OpenFIT, for the adapters that will read them.

Columns and rules follow the vendor's two pages on importing (support.openfit.care 204000000593 and
204000077334). The second one has five templates, which the software tells apart by their columns:

1. `openfit_cases`: cases and their clients; here of clients whom nobody else rates
2. `openfit_collaterals`: the same with the people who rate a client beside the client
3. `openfit_sessions`: sessions without scores, where nobody filled in a form
4. `openfit_session_collaterals`: the same for clients with other raters
5. `openfit_full_letters`, `openfit_full_digits`: sessions with scores, by the client or by another rater

The pages differ in how a form that was not done is marked: Y and N, or 1 and 0. Both come, each in a
file of its own. A form has four items and no total, or a total and no items; some teams key in totals
only. The vendor's names for the columns about collateral raters were not found: those here are
assumed. So is that the rater's columns stay empty in a row with the client's own scores. Columns named
`Episode_...` and `Client_...` are custom fields, which every organisation defines for itself.
"""

from fit_warehouse.demo.openfit.files import openfit_files, teams_with_totals

__all__ = ["openfit_files", "teams_with_totals"]
