"""A ledger that the version before filled: what was accepted there is not sent again."""

from etl.db import schema
from tests.connectors.pe_online.site import ORG

AS_BEFORE = (
    "drop view mart.pe_attendance",
    "alter table ops.pe_attempts drop column cause",
    "alter table ops.pe_decisions drop column status_before",
    "alter table ops.pe_attendance drop column passed_at",
    "alter table ops.pe_attendance add constraint business_fact unique nulls not distinct (org_id, client_code, source,"
    " source_course_id, pe_course_id, external_course_code, pe_module_id, external_module_code)",
    "delete from ops.schema_migrations where version in ('20261126004001', '20261126004002')",
)


def test_the_first_night_after_an_upgrade_sends_nothing_that_was_accepted_before(site, warehouse):
    site.accredit()
    site.learners(3)
    site.night(timezone="America/Curacao")
    site.person("C9")
    site.passed("C9")
    site.plan()
    for statement in AS_BEFORE:
        site.sql(statement)
    schema.migrate(warehouse)
    before = site.sql("select attendance_id, xmin::text from ops.pe_attendance order by 1")
    assert site.night() == "success"
    assert site.sql("select attendance_id, xmin::text from ops.pe_attendance order by 1") == before
    assert len(site.received()) == 3


def test_what_was_rejected_for_good_since_its_sentence_was_not_known_is_offered_once_more(site, warehouse):
    site.accredit()
    site.person("C1", "999999", known=False)
    site.passed("C1")
    site.night()
    site.sql("update ops.pe_attendance set reason = 'not_classified', next_attempt_at = null")
    site.sql("delete from ops.schema_migrations where version = '20261126004002'")
    schema.migrate(warehouse)
    site.sandbox.ledger.add_person(ORG, "999999")
    assert site.night() == "success"
    assert site.only("status") == "accepted"
