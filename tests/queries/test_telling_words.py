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
SPELLED = {
    "Angio-plasty of the left vein; angio\u2010plasty, angio\u2011plasty.": ["angio-plasty", "angio\u2010plasty"],
    "An angio-\r\n plasty, broken at the end of the line.": ["angio-plasty"],
    "Schein-Behandlung.": ["schein-behandlung"],
    "Pre-dilated with a micro-balloon, a non-sham; un-blinded.": ["dilated", "balloon", "sham", "un-blinded"],
    "A fake one, a mock procedure, no PTA, two stents.": ["fake", "mock", "pta", "stents"],
    "Ballon-Angioplastie.": ["ballon", "angioplastie"],
    "A sh\u00adam, a bal\u200bloon, a pla\u2060ce\u200dbo, \ufeffinflated.": ["sham", "balloon", "placebo", "inflated"],
    "\uff33\uff28\uff21\uff2d, in\ufb02ated, \U0001d42c\U0001d421\U0001d41a\U0001d426-like.": ["sham", "inflated"],
    "ba\u0301lo\u0301n": ["b\u00e1l\u00f3n"],
    # Of a vessel, of a vessel beside a pupil, and of nothing named.
    "Pupils normal. The vein dilated.": ["dilated"],
    "The pupil and the jugular dilated, dilated veins of the pupils; dilation.": ["dilated", "dilation"],
}
ORDINARY = (
    "Dilated pupils; pupils are dilated, dilatation of both pupils after eye drops. Dilated cardiomyopathy.",
    "Pupille dilatate; pupilles dilat\u00e9es, dilatation des pupilles, pupilas dilatadas.",
    "Sh - am, in-patient, well-known, post-\nmortem.",
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
    for text, words in SPELLED.items():
        assert find_telling_words(text) == words
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
