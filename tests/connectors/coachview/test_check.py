"""The test of a connection to Coachview says which lists and fields are missing."""

from contextlib import nullcontext

from etl.connectors import registry
from tests.connectors.coachview.listed import reads


def said_of(site):
    report = registry.check(
        site.school.connection, lambda: nullcontext(site.engine), lambda _: site.school.connection
    )
    return report.ok, "\n".join(report.lines)


def test_the_test_of_the_connection_names_lists_without_their_scope_and_fields_that_are_not_there(site):
    content, said = said_of(site)
    assert content
    assert "Opleidingsvragen: can be read\n" in said
    site.coachview.without_scope.update({"Personen", "Opleidingsvragen"})
    del site.lists.lists["Opleidingsonderdelen"][0]["elearningCode"]
    content, said = said_of(site)
    assert not content
    assert "Personen: HTTP 403" in said
    assert "Opleidingsvragen: HTTP 403" in said
    assert "Opleidingsonderdelen: can be read, but its first row has no elearningCode" in said


def test_where_only_results_are_sent_only_what_is_read_back_is_tested(site):
    site.school.connection = reads(site.school.connection, read=False)
    content, said = said_of(site)
    assert (content, said.count("can be read")) == (True, 1)
