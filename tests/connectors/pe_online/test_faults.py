"""Every sentence of PE-Online, long and short, with and without its ids, row and code, has its reason."""

import pytest

from etl.connectors.pe_online import faults as pe_faults
from etl.connectors.pe_online.faults import Policy

C = "Cursus 301245"
ACCREDITED = f"{C} op regel 3 is niet (juist) geaccrediteerd;"
RETRIED = {
    "person_unknown": [
        "Professional 052001 op regel 3 bestaat niet in PE",
        "ERROR1050 Professional 052001 bestaat niet",
        "ERROR1050 Professional 052001 op regel 3 bestaat niet in PE",
        "Professional op regel bestaat niet in PE",
        "Professional bestaat niet",
        "ERROR1050",
        "ERROR1050: persoon",
    ],
    "course_unknown": [
        f"{C} op regel 3 bestaat niet in PE",
        "ERROR1021 Cursus bestaat niet",
        "Cursus PEO-MODULE-3 op regel 3 bestaat niet in PE",
        f"{ACCREDITED} Niet geaccrediteerd bij een beroepsgroep van de organisatie 52",
        f"ERROR1021 {C} op regel 3 is niet geaccrediteerd",
        "ERROR1021",
    ],
    "not_classified": [
        "wat anders",
        "",
        "ERROR1099 Iets nieuws over module en datum",
        "Er is een fout in regel 3",
    ],
}
REJECTED = {
    "person_missing": ["Professional op regel 3 niet opgegeven", "Professional niet opgegeven"],
    "course_missing": ["Cursus op regel 3 niet opgegeven", "Cursus niet opgegeven"],
    "course_not_unique": [
        f"{C} op regel 3 is niet uniek binnen PE",
        "ERROR1020 Cursus niet uniek",
        "ERROR1020",
        "Cursus op regel is niet uniek binnen PE",
    ],
    "date_outside_period": [
        f"{ACCREDITED} De datum 25-09-2026 valt buiten alle accr. periodes",
        f"ERROR1021 {ACCREDITED} De datum 25-09-2026 valt buiten alle accr. periodes",
        f"{ACCREDITED} valt buiten alle periodes dat er registratie kan plaatsvinden",
    ],
    "mandate_missing": [
        f"{ACCREDITED} de presentie van deze cursus wordt bij geen enkele beroepsgroep door de opleider gedaan",
        "ERROR1030 De organisatie die geen reseller-presentie toestaat",
        "ERROR1030",
    ],
    "date_fault": [
        f"{C} op regel 3 bevat geen enddate, dit is verplicht voor e-learning",
        f"{C} op regel 3 bevat geen enddate, dit is verplicht voor groepen",
        "Cursus bevat een enddate, dit is niet mogelijk voor klassikaal",
    ],
    "edition_missing": [
        f"{C} uitvoering op regel 3 niet opgegeven",
        "ERROR1022 Uitvoering (edition) niet meegegeven",
        "ERROR1022",
    ],
    "edition_fault": [
        f"{C} op regel 3 bevat editions en/of meetings, dat niet niet toegestaan voor e-learning",
        f"{C} uitvoering 7 op regel 3 bestaat niet in PE",
        f"{C} uitvoering 7 op regel 3 is niet uniek binnen PE",
        "Cursus uitvoering bestaat niet in PE",
    ],
    "meeting_fault": [
        f"{C} uitvoering 7 bijeenkomst op regel 3 niet opgegeven",
        f"{C} uitvoering 7 bijeenkomst 8 op regel 3 bestaat niet in PE",
        f"{C} uitvoering 7 bijeenkomst 8 op regel 3 is niet uniek binnen PE",
    ],
    "module_missing": [f"{C} Module op regel 3 niet opgegeven", "Cursus Module niet opgegeven"],
    "module_fault": [
        f"{C} Module 12 op regel 3 bestaat niet in PE",
        f"{C} Module 12 op regel 3 is niet uniek binnen PE",
        "Module bestaat niet",
    ],
}
REGISTERED = [
    "Professional 052001 op regel 3 is al geregistreerd",
    "Deelname van professional 052001 is reeds verwerkt",
    "Presentie op regel 3 bestaat al",
    "Cursus 301245 is voor Professional 052001 al eerder in PE geregistreerd",
    "De aanwezigheid is bekend in PE",
    "ERROR1077 Professional 052001 reeds aanwezig voor Cursus 301245 Module 12",
    "Dubbele registratie op regel 3",
    "Attendance for professional 052001 already exists",
    "This professional has already been registered for the course",
    "Attendance was recorded",
    "La pr\u00e9sence est d\u00e9j\u00e0 enregistr\u00e9e",
    "D\u00e9j\u00e0 pr\u00e9sent",
]
NOT_REGISTERED = [
    "Professional 052001 is nog niet geregistreerd",
    "Professional 052001 is al niet meer bekend",
    "Presentie kan worden verwerkt na 01-01-2027",
    "Cursus 301245 is al geregistreerd bij een andere opleider",
    "De aanwezigheid is niet geregistreerd",
    "The professional is not already registered",
    "De registratieperiode is al gesloten",
    "Presentie van een onbekende professional ontvangen",
]


def sentences(table):
    return [(text, code) for code, texts in table.items() for text in texts]


@pytest.mark.parametrize(("text", "code"), sentences(RETRIED))
def test_what_may_mend_itself_or_is_not_known_is_offered_again(text, code):
    fault = pe_faults.classify("100", text)
    assert (fault.code, fault.policy) == (code, Policy.RETRY)


@pytest.mark.parametrize(("text", "code"), sentences(REJECTED))
def test_what_only_a_person_can_mend_is_rejected(text, code):
    fault = pe_faults.classify("100", text)
    assert (fault.code, fault.policy) == (code, Policy.REJECT)


@pytest.mark.parametrize("text", REGISTERED)
def test_what_says_that_it_is_there_already_in_any_wording_is_accepted(text):
    assert pe_faults.classify("100", text).policy is Policy.REGISTERED


@pytest.mark.parametrize("text", NOT_REGISTERED)
def test_what_only_sounds_like_it_is_not_accepted(text):
    assert pe_faults.classify("100", text).policy is Policy.RETRY


@pytest.mark.parametrize(("text", "code"), sentences(RETRIED | REJECTED))
def test_line_ends_blanks_and_case_do_not_matter(text, code):
    assert pe_faults.classify("100", text.upper().replace(" ", "\n  ")).code == code


def test_a_code_counts_wherever_it_stands():
    assert pe_faults.classify("ERROR1050", "iets").code == "person_unknown"
    assert pe_faults.classify("1050", "iets").code == "person_unknown"
