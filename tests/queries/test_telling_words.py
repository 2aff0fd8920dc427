"""Which words ask their writer to think, in the languages of the sites, and which ordinary ones of medicine do not."""

import unicodedata

from tests.protocol.samples import parsed, problems_of, read
from trialsite.lib.telling import find_telling_words

TELL = {
    "Balloon inflated twice; the BALLOON is new.": ["balloon", "inflated"],
    "Shampoo? No, this patient was ashamed.": ["shampoo"],
    "Il palloncino è rimasto fermo, una finta procedura.": ["palloncino", "finta"],
    "Procedura simulata, nessun gonfiaggio.": ["simulata", "gonfiaggio"],
    "Le ballonnet n'a pas servi : procédure simulée, traitement fictif.": ["ballonnet", "simulée", "fictif"],
    "Scheineingriff ohne Ballon. Die Vene wurde nicht aufgedehnt.": ["scheineingriff", "ballon", "aufgedehnt"],
    "Nach der Entblindung: Venenangioplastie.": ["entblindung", "venenangioplastie"],
    "Procedimiento simulado, sin balón; el globo no fue insuflado.": ["simulado", "balón", "globo", "insuflado"],
    "O balão não serviu. Os BALOES ficaram.": ["balão", "baloes"],
    "Zabieg pozorowany, bez balonika; odślepienie.": ["pozorowany", "balonika", "odślepienie"],
}
ORDINARY = (
    "Heart rate measured twice.",
    "Gonfiore alla caviglia; cieco da un occhio; sintomi simili.",
    "Gonflement du genou dégonflé ensuite, ballonnement, abdomen ballonné.",
    "Der Bauch ist aufgebläht, die Haut erscheint gerötet, scheinbar ohne Schmerz.",
    "Globo vesical. Dolor del globo ocular. Abdomen inflado.",
    "Inchaço da perna e tontura ao mesmo tempo.",
    "Źrenice poszerzone, obrzęk, pozornie bez zmian.",
)


def test_words_that_may_tell_an_arm_are_found_and_others_are_not() -> None:
    for text, words in TELL.items():
        assert find_telling_words(text) == words
        # As other keyboards write it: each accent apart from its letter.
        assert find_telling_words(unicodedata.normalize("NFD", text)) == words
    for text in ORDINARY:
        assert find_telling_words(text) == [], text


def test_a_trial_adds_words_of_its_own() -> None:
    table = parsed()
    assert read(table).telling_words == ()
    table["blinding"] = {"telling_words": ["Étoile", "C+ device"], "basis": "P"}
    own = read(table).telling_words
    assert find_telling_words("The etoiles, and a c+ devices; not C or device.", own) == ["etoiles", "c+ devices"]
    table["blinding"]["telling_words"] = ["Étoile", "of"]
    assert [key for key, _ in problems_of(table)] == ["blinding.telling_words[1]"]
