"""Why rows are not recorded or sent, where that is so with IEP LVS alone: each reason code with its sentence."""

from typing import Final

REASONS: Final = {
    "file_set_aside": "The file of the drop location cannot be taken.",
    "file_waits": "The file of the drop location cannot be taken yet.",
    "file_not_read": "Only files whose names end in .xml are taken from a drop location, and no folders in it.",
}
