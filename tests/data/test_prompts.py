"""Prompts are one text per sample; titles come in clean."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from goracs_core.data.prompts import MAX_TITLE, clean_title, ctr_answer, ctr_prompt, seqrec_answer, seqrec_prompt


@given(text=st.text(max_size=400))
def test_clean_titles_are_one_short_printable_line(text: str):
    title = clean_title(text)
    assert len(title) <= MAX_TITLE
    assert title == clean_title(title)
    assert title == " ".join(title.split())
    assert not any(c in title for c in "\n\r\t\0\x1b\u2028")


def test_cleaning_keeps_ordinary_titles():
    for title in ("Pokémon: Let's Go", 'The "Burbs"', "東京ゲーム", "50% off & more"):
        assert clean_title(title) == title
    assert clean_title("  a\t b\r\nc\x00d ") == "a b c d"
    assert clean_title("x" * 500, limit=10) == "xxxxxxxxx…"


def test_prompts_hold_titles_in_order_and_the_domain():
    prompt = seqrec_prompt(["First", "Second"], "films")
    assert prompt.index("First") < prompt.index("Second")
    assert prompt.count("films") == 2
    assert prompt.endswith("\n")
    assert seqrec_answer("Third") == "Third"
    asked = ctr_prompt(["A"], ["B", "C"], "D", "books")
    assert asked.index('"A"') < asked.index('"B", "C"') < asked.index('"D"')
    assert "books" in asked
    assert asked.endswith("\n")
    assert (ctr_answer(1), ctr_answer(0)) == ("Yes", "No")
    assert "none" in ctr_prompt([], ["B"], "D")
