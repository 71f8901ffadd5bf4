"""Entry documents as a client would send them."""

from etl.sandbox import accounts

END = "2026-09-25T17:13:20+02:00"
SETTINGS = {"userID": accounts.PE_USER, "userRole": "EDU", "userKey": accounts.PE_KEY, "orgID": "52"}


def elements(fields):
    return "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())


def entry(*rows, **settings):
    attendances = "".join(f"<Attendance>{elements(row)}</Attendance>" for row in rows)
    return f"<Entry><Settings>{elements(SETTINGS | settings)}</Settings>{attendances}</Entry>"


def row(person="052001", course="301245", end=END, **more):
    return {"PECourseID": course, "externalPersonID": person} | ({"endDate": end} if end else {}) | more


MODULE_ROW = {
    "PECourseID": "301300",
    "externalPersonID": "052014",
    "PEModuleID": "12",
    "endDate": "2026-09-23T06:13:20+02:00",
}
