"""Every change that a page can make, and what tells the second of two people who make it (docs/pages.md)."""

from importlib import import_module
from typing import Literal, get_args, get_origin

import pytest

from etl.pages.app import application
from etl.pages.host import PagesHost

# By address and button ("" where a form has one, or its buttons are one change): the test that shows the second being
# told, of those beside this one; or in a sentence why two people cannot be in each other's way.
SECOND = {
    ("/results", ""): (
        "test_results.test_the_second_of_two_who_adjust_is_told_what_it_is_now_and_keeps_what_was_typed",
        "test_results.test_the_second_of_two_who_review_is_told_how_it_stands_and_what_was_typed_is_kept",
        "test_results.test_of_two_who_record_all_green_the_second_is_told_that_nothing_is_ready_any_more",
    ),
    ("/download-start", ""): "test_download.test_the_second_who_presses_sees_that_it_is_under_way",
    (
        "/download-stop",
        "",
    ): "test_download.test_one_that_never_began_is_stopped_and_one_that_is_over_is_left_alone",
    (
        "/mapping",
        "save",
    ): "test_mapping.test_the_second_of_two_people_is_told_what_the_first_did_and_changes_nothing",
    (
        "/mapping",
        "try",
    ): "test_mapping.test_the_second_of_two_people_is_told_what_the_first_did_and_changes_nothing",
    ("/mapping", "look"): "Moodle is asked what there is: whoever asks later is told what is there later.",
    ("/mapping-course", "look"): "test_mapping_course.test_of_two_who_look_for_a_course_the_second_is_told",
    **{
        ("/mapping-course", do): (
            "test_mapping_course.test_of_two_who_link_or_unlink_a_course_the_second_is_told_and_the_first_stays"
        )
        for do in ("try", "link", "try unlink", "unlink")
    },
    ("/mapping-course", "form"): "It shows an empty form.",
    **{
        ("/mapping-course", do): (
            "test_mapping_course.test_of_two_who_make_a_course_the_second_is_told_and_keeps_what_was_typed"
        )
        for do in ("try making", "make")
    },
    ("/enrolments-preview", ""): "It sends nothing, and says what would be sent as it stands then.",
    ("/enrolments-transfer", ""): (
        "test_enrolments.test_of_two_who_transfer_or_stop_the_second_is_told_that_the_first_did"
    ),
    ("/enrolments-stop", ""): (
        "test_enrolments.test_of_two_who_transfer_or_stop_the_second_is_told_that_the_first_did"
    ),
    ("/enrolments-automatic", ""): (
        "test_enrolments.test_sending_automatically_is_switched_unless_somebody_else_switched_it"
    ),
    **{
        (
            "/competences",
            do,
        ): "test_competences.test_a_course_is_linked_once_and_the_link_is_removed_with_a_reason"
        for do in ("try", "link", "try unlink", "unlink")
    },
    **{
        ("/competence-holders", do): (
            "test_competences.test_of_two_who_revoke_or_restore_the_second_is_told_who_did_and_keeps_the_reason_typed",
            "test_competences.test_a_competence_is_revoked_from_everyone_and_the_second_who_does_it_is_told",
        )
        for do in ("revoke", "restore")
    },
    ("/points", "pause"): "test_points.test_of_two_people_who_pause_an_account_the_second_is_told_who_did",
    ("/points", "resume"): (
        "test_points.test_an_account_that_was_paused_anew_since_is_let_go_on_by_nobody_who_did_not_see_that"
    ),
    **{
        ("/point", decision): (
            "test_points.test_of_two_people_who_settle_a_point_the_second_is_told_what_it_is_now"
        )
        for decision in ("registered", "not_registered", "resend")
    },
    ("/relation-numbers", ""): (
        "test_points.test_of_two_who_enter_a_number_the_second_is_told_and_finds_what_was_typed_beside_what_stands"
    ),
    ("/accreditation", ""): "test_row_form.test_the_second_of_two_people_sees_what_the_first_saved",
    ("/profession-group", ""): (
        "test_row_form.test_of_two_who_change_a_profession_group_the_second_sees_what_the_first_saved"
    ),
    (
        "/integration",
        "",
    ): "test_registrations.test_of_two_who_change_an_integration_the_second_sees_what_the_first_saved",
    ("/reference-row", ""): "test_reference_row.test_the_second_of_two_people_sees_what_the_first_saved",
    ("/activate-school", ""): (
        "test_schools.test_of_two_who_activate_or_set_the_second_is_told_and_keeps_what_was_typed_but_for_the_code"
    ),
    **{
        (f"/{do}-school", ""): (
            "test_schools.test_whatever_two_do_with_a_link_the_second_is_told_what_the_first_did"
        )
        for do in ("pause", "resume", "end", "set")
    },
    **{
        ("/registrations", decision): (
            "test_registrations.test_of_two_people_who_settle_a_result_the_second_is_told_what_it_is_now"
        )
        for decision in ("registered", "not_registered", "resend")
    },
    ("/rejections", ""): (
        "test_rejections.test_of_two_who_dismiss_the_second_is_told_who_did_and_keeps_the_reason_typed"
    ),
    ("/erase", ""): "test_erase.test_of_two_who_erase_somebody_the_second_is_told_that_the_person_was_erased",
    ("/erasure", ""): "test_erase.test_the_second_of_two_who_lift_is_told",
    (
        "/reference-data-check",
        "",
    ): "It imports nothing, and says what an import would change as it stands then.",
    (
        "/reference-data-import",
        "",
    ): "test_reference_data.test_what_was_changed_since_the_check_is_checked_again",
}
_BUTTONS = ("do", "decision", "change")


def buttons(route):
    """What the buttons of the forms that are sent to an address say, where that is a choice of words."""
    for param in route.dependant.body_params:
        form = getattr(param.field_info.annotation, "model_fields", {param.name: param.field_info})
        for name in _BUTTONS:
            if name in form and get_origin(form[name].annotation) is Literal:
                return get_args(form[name].annotation)
    return ("",)


def test_of_each_change_that_a_page_can_make_it_is_said_what_tells_the_second_of_two(engine):
    app = application(PagesHost(lambda: None, lambda: engine, "of this test"))
    changes = [route for route in app.routes if "POST" in getattr(route, "methods", ())]
    assert {(route.path, button) for route in changes for button in buttons(route)} == set(SECOND)


@pytest.mark.parametrize(
    "said", sorted({one for said in SECOND.values() for one in ((said,) if isinstance(said, str) else said)})
)
def test_what_tells_the_second_is_a_test_beside_this_one_or_a_sentence(said):
    module, _, test = said.partition(".")
    assert said.endswith(".") or callable(getattr(import_module(f"tests.pages.{module}"), test))
