"""Accounts: made in one transaction with their mails in it, changed row by row with warnings."""

from collections.abc import Mapping
from typing import Any

from etl.sandbox.moodle.protocol import MoodleError
from etl.sandbox.moodle.site import MoodleSite
from etl.sandbox.moodle.writing.rows import Kind, Row, rows

_GUEST = 1
LAST_RECORDED = 47
_CREATE = "core_user_create_users__"
_FIELDS: Mapping[str, Kind] = {
    "username": "text",  # judged apart: a setting of the site decides
    "firstname": "notags",
    "middlename": "notags",
    "lastname": "notags",
    "email": "text",
    "idnumber": "text",
    "auth": "text",
}
_NEW: Mapping[str, Kind] = {**_FIELDS, "createpassword": "bool", "password": "text"}
_CHANGED: Mapping[str, Kind] = {**_FIELDS, "id": "int", "suspended": "bool", "email": "email"}
_SHORTEST_PASSWORD = 8
_WRITE_FAILED = {
    r"core\\exception\\invalid_parameter_exception": "dml_write_exception",
    "invalidparameter": "dmlwriteexception",
    "Invalid parameter value detected": "Error writing to database",
    "Invalid password: you must provide a password, or set createpassword.": "value too long for the column",
}
# Columns of the table user (lib/db/install.xml); what is longer fails in the database.
_LONGEST = {
    "middlename": 255,
    "idnumber": 255,
    "username": 100,
    "firstname": 100,
    "lastname": 100,
    "email": 100,
}


def create_users(site: MoodleSite, params: Mapping[str, str]) -> list[dict[str, Any]]:
    """One bad row rolls all accounts back; the mails are out."""
    given = rows(params, "users", _names(site, _NEW), ("username", "firstname", "lastname", "email"))
    made: list[dict[str, Any]] = []
    try:
        for row in given:
            made.append(_created(site, row))
    except MoodleError:
        for user in made:
            del site.users[user["id"]]
        raise
    site.books.created["accounts"] += len(made)
    site.changes += 1
    return [{"id": user["id"], "username": user["username"]} for user in made]


def update_users(site: MoodleSite, params: Mapping[str, str]) -> dict[str, Any]:
    """A malformed value sinks all rows; whatever else is wrong is a warning about its row."""
    given = rows(params, "users", _names(site, _CHANGED), ("id",))
    found = [_updated(site, row) for row in given]
    site.changes += 1
    return {"warnings": [warning for warning in found if warning]}


def _names(site: MoodleSite, kinds: Mapping[str, Kind]) -> Mapping[str, Kind]:
    return kinds if site.books.extended_usernames else {**kinds, "username": "username"}


def _created(site: MoodleSite, row: Row) -> dict[str, Any]:
    if site.users.having("username", row["username"]):
        raise MoodleError(_CREATE + "duplicate_username", {"new.person@student.example": row["username"]})
    mails = row.get("createpassword") == "1"
    if not mails and not row.get("password") and row.get("auth", "manual") == "manual":
        raise MoodleError(_CREATE + "no_password")
    if not mails and 0 < len(row.get("password", "")) < _SHORTEST_PASSWORD:
        raise MoodleError(_CREATE + "weak_password")
    if row.get("auth", "manual") not in site.books.auth_methods:
        raise MoodleError(_CREATE + "no_password", _invalid(f"Invalid authentication type: {row['auth']}"))
    if "@" not in row["email"]:
        raise MoodleError(_CREATE + "no_password", _invalid(f"Email address is invalid: {row['email']}"))
    if _email_taken(site, row["email"]):
        raise MoodleError(_CREATE + "duplicate_email", {"new.person@student.example": row["email"]})
    if _too_long(row):
        raise MoodleError(_CREATE + "no_password", _WRITE_FAILED)
    user = _new_user(site, row)
    site.users[user["id"]] = user
    if mails:
        site.books.mailed.append(row["email"])
    return user


def _too_long(row: Row) -> bool:
    return any(len(text) > _LONGEST[name] for name, text in row.items() if name in _LONGEST)


def _invalid(said: str) -> dict[str, str]:
    return {"Invalid password: you must provide a password, or set createpassword.": said}


def _new_user(site: MoodleSite, row: Row) -> dict[str, Any]:
    like = next(user for user in site.users.values() if "country" not in user)
    number = site.books.last_account = max(site.books.last_account, LAST_RECORDED) + 1
    told = {
        key: row[key] for key in ("username", "firstname", "lastname", "email", "idnumber") if row.get(key)
    }
    user = {key: value for key, value in like.items() if key != "idnumber"}
    user |= {"id": number, "auth": row.get("auth", "manual"), "suspended": False, "confirmed": True, **told}
    site.books.middle_names[number] = row.get("middlename", "")
    return user | {"fullname": f"{row['firstname']} {row['lastname']}"}


def _updated(site: MoodleSite, row: Row) -> dict[str, Any] | None:
    number = int(row["id"])
    if number in site.recorded.deleted_users:
        return _warning(number, "usernotupdateddeleted", "error/usernotupdateddeleted")
    if number not in site.users:
        return _warning(number, "invaliduserid", "Invalid user ID")
    if number == _GUEST:
        return _warning(number, "usernotupdatedguest", "Cannot update guest account")
    if number in site.books.admins:
        return _warning(number, "usernotupdatedadmin", "Cannot update admin accounts")
    if _email_taken(site, row.get("email", ""), but=number):
        return _warning(number, "useremailduplicate", "Duplicate address")
    taken = any(user["id"] != number for user in site.users.having("username", row.get("username", "")))
    if taken or _too_long(row):
        return _warning(number, "dmlwriteexception", "Error writing to database")
    _change(site, number, row)
    return None


def _change(site: MoodleSite, number: int, row: Row) -> None:
    told: dict[str, Any] = {
        key: value for key, value in row.items() if key not in ("id", "middlename", "suspended")
    }
    if "suspended" in row:
        told["suspended"] = row["suspended"] == "1"
    if "middlename" in row:
        site.books.middle_names[number] = row["middlename"]
    user = {**site.users[number], **told}
    user["fullname"] = f"{user['firstname']} {user['lastname']}"
    site.users[number] = user
    for course in site.enrolled:
        for shown in site.enrolled[course]:
            if shown["id"] == number:
                shown.update({key: user[key] for key in (*told, "fullname") if key in shown and key in user})


def _email_taken(site: MoodleSite, email: str, but: int | None = None) -> bool:
    if site.books.same_email_allowed or not email:
        return False
    return any(user["id"] != but for user in site.users.having("email", email))


def _warning(number: int, code: str, message: str) -> dict[str, Any]:
    return {"item": "user", "itemid": number, "warningcode": code, "message": message}
