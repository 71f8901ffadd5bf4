"""Why? in a browser: reached from what it is about."""

import re

import pytest

FROM = {
    "point": "points",
    "why": "person?client_code=CL00002",
    "why-competence": "competence-holders?competence=CPR",
    "why-registration": "registrations",
    "why-test-result": "pupil?brin6=99QQ00&pupil_key={pupil}",
    "why-completion": "received-messages",
}


@pytest.mark.parametrize("kind", FROM)
def test_why_is_reached_from_what_it_is_about_with_the_rule_and_the_answers(visit, known, kind):
    page = visit(FROM[kind].format(**known))
    page.locator(f'main a[href^="{kind}?"]').first.click()
    page.wait_for_url(f"**/{kind}?*")
    assert page.get_by_role("heading", name="The rule").count() == 1
    assert page.get_by_role("heading", name="Answers, as they landed").count() == 1
    raw = re.findall(
        r"\b(True|False|None(?![.:]| is))\b|\d{4}-\d\d-\d\dT|\d:\d\d\.\d", page.inner_text("main")
    )
    assert raw == []
    decided = page.locator("h2", has_text="What people decided").locator("xpath=following-sibling::table[1]")
    assert re.findall(r"\b[a-z]+_[a-z_]+ (?=\d)", " ".join(decided.all_inner_texts())) == []
