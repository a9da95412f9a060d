"""Translate error texts to the user's language, as Podio does. Texts without a translation stay English."""

from __future__ import annotations

import re

LANGUAGES = ("en", "de", "pt")

# English: (German, Portuguese), with {} for the parts that vary. Codes such as "expired_token" are not translated.
TEXTS: dict[str, tuple[str, str]] = {
    "You have hit the rate limit. Please wait {} seconds before trying again.": (
        "Sie haben das Aufruflimit erreicht. Bitte warten Sie {} Sekunden, bevor Sie es erneut versuchen.",
        "Você atingiu o limite de chamadas. Aguarde {} segundos antes de tentar novamente.",
    ),
    "Object not found": ("Objekt nicht gefunden", "Objeto não encontrado"),
    "The object has been deleted": ("Das Objekt wurde gelöscht", "O objeto foi excluído"),
    "The object has been changed since this revision": (
        "Das Objekt wurde seit dieser Revision geändert",
        "O objeto foi alterado desde esta revisão",
    ),
    "You do not have the right to do this": ("Sie haben dazu kein Recht", "Você não tem o direito de fazer isso"),
    "You do not have access to this workspace": (
        "Sie haben keinen Zugriff auf diesen Arbeitsbereich",
        "Você não tem acesso a este espaço de trabalho",
    ),
    "An app token reaches its own app only": (
        "Ein App-Token erreicht nur die eigene App",
        "Um token de aplicativo alcança apenas o próprio aplicativo",
    ),
    "This operation cannot be used with an app token": (
        "Diese Operation ist mit einem App-Token nicht möglich",
        "Esta operação não pode ser usada com um token de aplicativo",
    ),
    "The scope of the token does not cover this operation": (
        "Der Geltungsbereich des Tokens umfasst diese Operation nicht",
        "O escopo do token não cobre esta operação",
    ),
    "No matching operation could be found. No body was given.": (
        "Es wurde keine passende Operation gefunden. Es wurde kein Inhalt übergeben.",
        "Nenhuma operação correspondente foi encontrada. Nenhum corpo foi fornecido.",
    ),
    "The request body could not be read as JSON": (
        "Der Inhalt der Anfrage konnte nicht als JSON gelesen werden",
        "O corpo da solicitação não pôde ser lido como JSON",
    ),
    "The request body must not be larger than {} bytes": (
        "Der Inhalt der Anfrage darf nicht größer als {} Bytes sein",
        "O corpo da solicitação não pode ter mais de {} bytes",
    ),
    "A calculation field cannot be written": (
        "Ein Berechnungsfeld kann nicht geschrieben werden",
        "Um campo de cálculo não pode ser gravado",
    ),
    "An unexpected error occurred": ("Ein unerwarteter Fehler ist aufgetreten", "Ocorreu um erro inesperado"),
    "The username is invalid": ("Der Benutzername ist ungültig", "O nome de usuário é inválido"),
    "The password is invalid": ("Das Passwort ist ungültig", "A senha é inválida"),
    "The authorization code is invalid or has expired": (
        "Der Autorisierungscode ist ungültig oder abgelaufen",
        "O código de autorização é inválido ou expirou",
    ),
    "The refresh token is invalid or has expired": (
        "Das Refresh-Token ist ungültig oder abgelaufen",
        "O token de atualização é inválido ou expirou",
    ),
    "Missing parameter {}": ("Parameter {} fehlt", "Parâmetro {} ausente"),
}
# The texts after "Invalid value ... (type): ".
RULES: dict[str, tuple[str, str]] = {
    "must be object or must be object": (
        "muss ein Objekt sein oder muss ein Objekt sein",
        "deve ser um objeto ou deve ser um objeto",
    ),
    "must be object": ("muss ein Objekt sein", "deve ser um objeto"),
    "must be array": ("muss eine Liste sein", "deve ser uma lista"),
    "must be integer": ("muss eine ganze Zahl sein", "deve ser um número inteiro"),
    "must be number": ("muss eine Zahl sein", "deve ser um número"),
    "must be decimal": ("muss eine Dezimalzahl sein", "deve ser um número decimal"),
    "must be string": ("muss ein Text sein", "deve ser um texto"),
    "must be boolean": ("muss ein Wahrheitswert sein", "deve ser um valor lógico"),
    "must be date": ("muss ein Datum sein", "deve ser uma data"),
    "must be time": ("muss eine Uhrzeit sein", "deve ser um horário"),
    "must be email": ("muss eine E-Mail-Adresse sein", "deve ser um endereço de e-mail"),
    "must be a phone number": ("muss eine Telefonnummer sein", "deve ser um número de telefone"),
    "must be a URL": ("muss eine URL sein", "deve ser uma URL"),
    "must be a list of fields": ("muss eine Liste von Feldern sein", "deve ser uma lista de campos"),
    "must be one of {}": ("muss eines von {} sein", "deve ser um de {}"),
    "must not be less than {}": ("darf nicht kleiner als {} sein", "não pode ser menor que {}"),
    "must not be greater than {}": ("darf nicht größer als {} sein", "não pode ser maior que {}"),
    "must not be longer than {}": ("darf nicht länger als {} sein", "não pode ter mais de {} caracteres"),
    "must not be empty": ("darf nicht leer sein", "não pode estar vazio"),
    "must not be set": ("darf nicht gesetzt werden", "não pode ser definido"),
    "must not have more than 1 element": (
        "darf nicht mehr als 1 Element haben",
        "não pode ter mais de 1 elemento",
    ),
    "must have a start": ("muss einen Anfang haben", "deve ter um início"),
    "must not end before it starts": ("darf nicht vor dem Anfang enden", "não pode terminar antes de começar"),
    "unknown key": ("unbekannter Schlüssel", "chave desconhecida"),
    "No field found": ("Kein Feld gefunden", "Nenhum campo encontrado"),
    "No sub field found": ("Kein Unterfeld gefunden", "Nenhum subcampo encontrado"),
    "No option found": ("Keine Option gefunden", "Nenhuma opção encontrada"),
    "No contact found": ("Kein Kontakt gefunden", "Nenhum contato encontrado"),
    "No item found": ("Kein Element gefunden", "Nenhum item encontrado"),
    "No embed found": ("Kein Link gefunden", "Nenhum link encontrado"),
    "No user found": ("Kein Benutzer gefunden", "Nenhum usuário encontrado"),
    "No file found": ("Keine Datei gefunden", "Nenhum arquivo encontrado"),
    "must be a time zone that this machine knows. {}": (
        "muss eine Zeitzone sein, die dieser Rechner kennt. {}",
        "deve ser um fuso horário que esta máquina conhece. {}",
    ),
}
_INVALID = re.compile(
    r"Invalid value (?P<value>.*) \((?P<type>null|boolean|integer|number|string|array|object)\): (?P<rule>.*)",
    re.DOTALL,
)
_INVALID_IN = {"de": "Ungültiger Wert {} ({}): {}", "pt": "Valor inválido {} ({}): {}"}


def _compiled(texts: dict[str, tuple[str, str]]) -> list[tuple[re.Pattern[str], tuple[str, str]]]:
    return [
        (re.compile("(.*)".join(re.escape(part) for part in english.split("{}")), re.DOTALL), others)
        for english, others in texts.items()
    ]


_KNOWN_TEXTS, _KNOWN_RULES = _compiled(TEXTS), _compiled(RULES)


def translated(text: str, language: str) -> str:
    """Translate an error text.

    Args:
        text: The English text.
        language: One of ``LANGUAGES``.

    Examples:
        >>> translated("Object not found", "pt")
        'Objeto não encontrado'
    """
    if language not in _INVALID_IN:
        return text
    invalid = _INVALID.fullmatch(text)
    if invalid is None:
        return _found(_KNOWN_TEXTS, text, language)
    rule = _found(_KNOWN_RULES, invalid["rule"], language)
    return _INVALID_IN[language].format(invalid["value"], invalid["type"], rule)


def _found(known: list[tuple[re.Pattern[str], tuple[str, str]]], text: str, language: str) -> str:
    for pattern, others in known:
        match = pattern.fullmatch(text)
        if match is not None:
            return others[LANGUAGES.index(language) - 1].format(*match.groups())
    return text


def language_of(locale: str | None) -> str | None:
    """Return the first known language of a locale such as ``pt_BR`` or of an ``Accept-Language`` header, or None.

    Examples:
        >>> language_of("fr, pt-BR;q=0.8")
        'pt'
    """
    for part in (locale or "").split(","):
        name = re.split(r"[-_;]", part.strip().lower(), maxsplit=1)[0]
        if name in LANGUAGES:
            return name
    return None
