"""Why rows are not recorded or sent, where that is so with IEP LVS alone: each reason code with its sentence."""

from typing import Final

from etl.transform.mending import CLIENT_NUMBER, in_file

REASONS: Final = {
    "pupil_school_unknown": "A client has this pupil number, but it does not say at which school, so it is not used.",
    "eck_id_differs": "The client with this pupil number has another ECK iD; nobody is guessed.",
    "excluded_test": "Final tests are not recorded (list of excluded tests).",
    "no_value": "The result holds no value.",
    "file_set_aside": "The file of the drop location cannot be taken.",
    "file_waits": "The file of the drop location cannot be taken yet.",
    "file_not_read": "Only files whose names end in .xml are taken from a drop location, and no folders in it.",
}

MENDED: Final = {
    "pupil_school_unknown": CLIENT_NUMBER,
    "eck_id_differs": CLIENT_NUMBER,
    "excluded_test": in_file("excluded_tests", "see what is excluded"),
}
