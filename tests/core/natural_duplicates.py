"""Duplicates that the test data hold by themselves. Each was looked at; a search that finds them is right.

Paths without what the copies of `tests/damage.py` have in front of their names.
"""

from __future__ import annotations

# Emoji drawn once and used twice.
SAMPLE: tuple[frozenset[str], ...] = tuple(
    frozenset(f"{pair[0]}/{name}" for name in pair[1:])
    for pair in (
        # The same heart in grey and in a darker grey. Hearts of other colours are no copies: the hue differs.
        ("heart", "black_heart", "grey_heart"),
        # Both hands are as long: these are mirror images of each other, upside down.
        ("clock", "clock1", "clock530"),
        ("clock", "clock130", "clock5"),
        ("clock", "clock2", "clock430"),
        ("clock", "clock230", "clock4"),
        ("clock", "clock6", "clock1230"),
        ("clock", "clock7", "clock1130"),
        ("clock", "clock730", "clock11"),
        ("clock", "clock8", "clock1030"),
        ("clock", "clock830", "clock10"),
        # Lies on its side, with the red light at the other end.
        ("road-vehicle", "traffic_light", "vertical_traffic_light"),
    )
)

CLOTHING: tuple[frozenset[str], ...] = (
    # One photograph of black shorts, filed under two classes.
    frozenset(
        {
            "shorts/train_6075b4a5-5b1a-4ce0-aea0-9dbfbca7c35c",
            "skirt/train_637a56e4-7fa6-4f75-8859-0f8902461554",
        }
    ),
    # One photograph of a dress on a wardrobe, the second cut at the sides.
    frozenset(
        {
            "dress/train_b59e4d4a-a283-4868-8a81-2f24d8b9c8d8",
            "dress/train_e6a8b33f-279c-4072-8dba-229d94205e55",
        }
    ),
)
