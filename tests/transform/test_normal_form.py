"""Text of people and addresses in one form: two mailboxes are never joined, one name is never parted."""

import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.normal_form import folded, folded_text
from tests.fixtures.properties import examples


def same(one, other):
    first, second = folded(pd.Series([one, other], dtype="str"))
    return first == second


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Work.example", " anna@work.EXAMPLE\t"),
        ("anna@work.example", "\ufeffanna@work.example"),  # byte order mark
        ("anna@work.example", "\u200banna@work.example\u200d"),  # zero width
        ("anna@work.example", "\u00a0anna@work.example\u2007"),  # blanks that do not break
        ("anna@work.example", "\u202aanna@work.example\u202c"),  # direction marks of an address book
        ("anna@work.example", "anna@work.example\x00\x7f"),
        ("åsa@work.example", "a\u030asa@work.example"),  # composed and decomposed
        ("ÅSA@work.example", "A\u030asa@work.example"),
        ("Åsa", "\u212bsa"),  # the Ångström sign is the same letter
        ("Anna Maria", "Anna\u00a0 Maria"),
        ("Anna Maria", "anna\tmaria"),
        ("ΝΙΚΟΣ", "νικος"),
        ("J\u030c", "\u01f0"),
        ("ẞ", "ß"),
        ("Ǆ", "ǆ"),
    ],
)
def test_one_name_written_in_two_ways_is_one(one, other):
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ſmith@work.example", "smith@work.example"),
        ("straße@work.example", "strasse@work.example"),
        ("anna@straße.example", "anna@strasse.example"),
        ("ﬁa@work.example", "fia@work.example"),
        ("\u212aarin@work.example", "karin@work.example"),  # the Kelvin sign
        ("\u212aarin@work.example", "Karin@work.example"),
        ("ıda@work.example", "ida@work.example"),  # Turkish
        ("İda@work.example", "ida@work.example"),
        ("åsa@work.example", "asa@work.example"),
        ("а@work.example", "a@work.example"),  # Cyrillic
        ("ａnna@work.example", "anna@work.example"),  # full width
        ("an\u200bna@work.example", "anna@work.example"),  # inside, it is part of the address
        ("anna.b@work.example", "annab@work.example"),
        ("anna+x@work.example", "anna@work.example"),
        ("0012", "12"),
    ],
)
def test_two_mailboxes_stay_two(one, other):
    assert not same(one, other)


@pytest.mark.parametrize("nothing", ["", " ", "\t", "\u00a0", "\ufeff", "\u200b\u00a0", "\x00", None])
def test_what_shows_nothing_is_unknown(nothing):
    assert folded(pd.Series(["a", nothing, "å"], dtype="str")).isna().tolist() == [False, True, False]


def test_no_character_beyond_ascii_turns_into_one_of_ascii():
    beyond = [chr(code) for code in range(0x80, sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    forms = folded_text("".join(f"|{one}" for one in beyond)).split("|")[1:]
    turned = [one for one, form in zip(beyond, forms, strict=True) if form.isascii()]
    assert turned == [one for one in beyond[:-1] if one.isspace()]  # every kind of blank is one


def test_every_invisible_character_around_a_text_is_cut_off():
    every = map(chr, range(sys.maxunicode + 1))
    invisible = [one for one in every if unicodedata.category(one) in ("Cc", "Zs", "Zl", "Zp")]
    assert [f"U+{ord(one):04X}" for one in invisible if folded_text(f"{one}a{one}") != "a"] == []


texts = st.text(
    st.sampled_from("aAäÄ\u0308\u030asSſßKk\u212aiIİı \t\u00a0\ufeff\u200b@.ΣσςǅJ\u030c"), max_size=8
)


@examples(200)
@given(texts)
def test_the_form_of_a_form_is_itself_and_composition_makes_no_difference(text):
    form = folded_text(text)
    assert folded_text(form) == form
    assert folded_text(unicodedata.normalize("NFD", text.replace("\u212a", ""))) == folded_text(
        text.replace("\u212a", "")
    )


@examples(100)
@given(st.lists(texts | st.text(st.characters(max_codepoint=127), max_size=8), max_size=6))
def test_a_column_has_the_form_of_each_of_its_texts(given_texts):
    column = folded(pd.Series(given_texts, dtype="str"))
    assert [None if pd.isna(one) else one for one in column] == [
        folded_text(one) or None for one in given_texts
    ]
