"""What is longer than a column of Moodle is not sent: it would fail in the site's database, with each run anew.

Columns of the table user (lib/db/install.xml of Moodle). The answer, dmlwriteexception, leaves open what was written.
"""


def test_a_name_that_is_too_long_is_refused_and_said_and_goes_once_it_is_mended(
    client, enrolled, transfer, write, wrote, state
):
    client("N1", surname="x" * 101)
    enrolled("N1")
    client("N2", surname="x" * 100)
    enrolled("N2")

    assert transfer() == "success"
    assert wrote() == {"create_users": 1, "enrol_users": 1}
    assert state("E-N1") == ("blocked", "value_not_taken")
    assert state("E-N2") == ("transferred", None)

    write("update core.clients set surname = 'Short' where client_code = 'N1'")
    transfer()
    assert state("E-N1") == ("transferred", None)


def test_a_change_that_is_too_long_is_refused_and_said(client, enrolled, transfer, write, wrote, read):
    client("N1")
    enrolled("N1")
    transfer()
    wrote()
    write("update core.clients set given_name = repeat('x', 101) where client_code = 'N1'")
    transfer()
    assert wrote() == {}
    assert read("select reason from ops.outbox where kind = 'account changes'")["reason"].tolist() == [
        "value_not_taken"
    ]
