"""How long to wait: what people, proxies and Podio in thirty languages say."""

# ruff: noqa: RUF001 - the letters and digits of many languages are what this is about

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podio_web.http.retry_after import LONGEST_WAIT, retry_after
from podio_web.transports.body import headers_of

TEXT = "You have hit the rate limit. Please wait 3600 seconds before trying again."

# Podio's text as it may come in the language of the person; {} is the number.
TEMPLATES = {
    "English": "You have hit the rate limit. Please wait {} seconds before trying again.",
    "English, short": "Rate limited ({}s).",
    "Danish": "Du har nået grænsen for kald. Vent {} sekunder, før du prøver igen.",
    "Norwegian": "Du har nådd grensen. Vent i {} sekunder før du prøver på nytt.",
    "Swedish": "Du har nått gränsen. Vänta {} sekunder innan du försöker igen.",
    "Finnish": "Raja on ylitetty. Odota {} sekuntia ennen uutta yritystä.",
    "German": "Du hast das Limit erreicht. Bitte warte {} Sekunden, bevor du es noch einmal versuchst.",
    "Dutch": "Je hebt de limiet bereikt. Wacht {} seconden voordat je het opnieuw probeert.",
    "French": "Vous avez atteint la limite. Veuillez patienter {} secondes avant de réessayer.",
    "Spanish": "Has alcanzado el límite. Espera {} segundos antes de volver a intentarlo.",
    "Portuguese": "Você atingiu o limite de chamadas. Aguarde {} segundos antes de tentar novamente.",
    "Italian": "Hai raggiunto il limite. Attendi {} secondi prima di riprovare.",
    "Catalan": "Has arribat al límit. Espera {} segons abans de tornar-ho a provar.",
    "Romanian": "Ați atins limita. Așteptați {} secunde înainte de a încerca din nou.",
    "Polish": "Osiągnięto limit. Poczekaj {} sekund przed ponowną próbą.",
    "Czech": "Dosáhli jste limitu. Počkejte {} sekund a zkuste to znovu.",
    "Slovak": "Dosiahli ste limit. Počkajte {} sekúnd a skúste to znova.",
    "Hungarian": "Elérte a korlátot. Várjon {} másodpercet, mielőtt újra próbálja.",
    "Croatian": "Dosegnuli ste ograničenje. Pričekajte {} sekundi prije ponovnog pokušaja.",
    "Turkish": "Sınıra ulaştınız. Yeniden denemeden önce {} saniye bekleyin.",
    "Russian": "Превышен лимит. Подождите {} секунд и повторите попытку.",
    "Ukrainian": "Перевищено ліміт. Зачекайте {} секунд і спробуйте ще раз.",
    "Greek": "Φτάσατε το όριο. Περιμένετε {} δευτερόλεπτα πριν προσπαθήσετε ξανά.",
    "Hebrew": "הגעת למגבלה. המתן {} שניות לפני שתנסה שוב.",
    "Arabic": "لقد وصلت إلى الحد. يرجى الانتظار {} ثانية قبل المحاولة مرة أخرى.",
    "Persian": "به محدودیت رسیده‌اید. لطفاً {} ثانیه صبر کنید.",
    "Hindi": "आप सीमा तक पहुँच गए हैं। कृपया {} सेकंड प्रतीक्षा करें।",
    "Chinese": "您已达到速率限制。请等待{}秒后重试。",
    "Chinese, traditional": "您已達到上限。請等候 {} 秒後再試。",
    "Japanese": "レート制限に達しました。{}秒待ってから再試行してください。",
    "Korean": "한도에 도달했습니다. {}초 후에 다시 시도하세요.",
    "Vietnamese": "Bạn đã đạt giới hạn. Vui lòng đợi {} giây trước khi thử lại.",
    "Thai": "คุณถึงขีดจำกัดแล้ว โปรดรอ {} วินาทีก่อนลองอีกครั้ง",
    "Indonesian": "Anda telah mencapai batas. Harap tunggu {} detik sebelum mencoba lagi.",
    # Languages whose words for seconds nobody here knows: there is one number, and Podio's are seconds.
    "Georgian": "ლიმიტი ამოიწურა. დაელოდეთ {} წამს.",
    "Welsh": "Arhoswch {} eiliad cyn rhoi cynnig arall arni.",
    "Swahili": "Subiri sekunde {} kabla ya kujaribu tena.",
}

NO_UNIT = ("Georgian", "Welsh", "Swahili", "Hindi", "Hungarian", "Indonesian")

GROUPS = [",", ".", " ", "\u00a0", "\u202f", "\u2009", "'", "\u2019", "\u066c", ""]
ZEROS = [0x30, 0x30, 0x30, 0x660, 0x6F0, 0x966, 0x9E6, 0xE50, 0xFF10]


@st.composite
def numbers(draw: st.DrawFn) -> tuple[str, int]:
    """Return a number of seconds as people write it, and how many whole seconds that is at least."""
    whole = draw(st.integers(0, 86_399))
    group, zero = draw(st.sampled_from(GROUPS)), draw(st.sampled_from(ZEROS))
    text = f"{whole:,}".replace(",", group)
    seconds = whole
    if draw(st.booleans()):
        # Three digits behind one mark are thousands, so there is no number of exactly three.
        places = draw(st.sampled_from([1, 2, 4]))
        fraction = draw(st.integers(0, 10**places - 1))
        mark = draw(
            st.sampled_from(
                [mark for mark in ".,\u066b" if mark.replace("\u066b", ".") != group.replace("\u066c", ",")]
            )
        )
        text += mark + f"{fraction:0{places}d}"
        seconds += fraction > 0
    return "".join(chr(zero + int(each)) if each.isascii() and each.isdigit() else each for each in text), seconds


@settings(max_examples=420)
@given(st.sampled_from(sorted(TEMPLATES)), numbers())
def test_the_number_is_found_in_every_language_and_spelling(language: str, number: tuple[str, int]) -> None:
    text, seconds = number
    # Without a unit, the status in the text is not a number of seconds.
    expected = None if seconds == 420 and language in NO_UNIT else seconds
    assert retry_after({}, TEMPLATES[language].format(text), 420) == expected


@pytest.mark.parametrize("language", TEMPLATES)
@pytest.mark.parametrize("written", ["3600", "3,600", "3.600", "3 600", "3\u00a0600", "3\u202f600", "٣٦٠٠", "３６００"])
def test_an_hour_in_each_language(language: str, written: str) -> None:
    assert retry_after({}, TEMPLATES[language].format(written), 420) == 3600


@pytest.mark.parametrize("language", TEMPLATES)
@pytest.mark.parametrize("before", ["Limit 1000! ", "1,000 / 250 calls. ", "[2026-11-28 19:02:42] ", "HTTP 420; "])
def test_other_numbers_do_not_hide_the_one_with_a_unit(language: str, before: str) -> None:
    found = retry_after({}, before + TEMPLATES[language].format("3600"), 420)
    assert found == (None if language in NO_UNIT and "420" not in before else 3600)


@given(st.sampled_from(sorted(TEMPLATES)), st.text(max_size=20), numbers(), st.text(max_size=20))
def test_whatever_stands_around_it_there_is_a_lawful_number_or_none(
    language: str, before: str, number: tuple[str, int], behind: str
) -> None:
    found = retry_after({}, before + TEMPLATES[language].format(number[0] + behind), 420)
    assert found is None or (isinstance(found, int) and 0 <= found <= LONGEST_WAIT)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (TEXT, 3600),
        ("Wait 1 second.", 1),
        ("Wait 90000 seconds, please", 86_400),
        ("5 seconds", 5),
        ("30-second pause", 30),
        ("Wait 60s.", 60),
        ("Please wait 2.5 seconds", 3),
        ("Aguarde 2,5 segundos", 3),
        ("Wait 0.500 seconds", 1),
        ("Wait 0.0 seconds", 0),
        ("Warten Sie 1.234,5 Sekunden", 1235),
        ("Wait 1,234.5 seconds", 1235),
        ("Wait 12,345,678 seconds", 86_400),
        ("Seconds to wait: 3600", 3600),
        ("WAIT 3600 SECONDS", 3600),
        ("انتظر \u200f٣٬٦٠٠\u200f ثانية", 3600),
        ("Retry-After:3600", 3600),
        ("Wait 3600 seconds (1 hour).", 3600),
        # Other units
        ("Wait 5 minutes", 300),
        ("Wait 1 hour", 3600),
        ("Wait 1.5 hours", 5400),
        ("Wait 2h", 7200),
        ("Espere 15 minutos", 900),
        ("Attendez 1 heure", 3600),
        ("Warte 2 Stunden", 7200),
        ("Подождите 5 минут", 300),
        ("请等待 5 分钟", 300),
        ("1 時間お待ちください", 3600),
        ("60 dakika bekleyin", 3600),
        # Two numbers
        ("You have hit the rate limit of 1000. Please wait 3600 seconds", 3600),
        ("Has alcanzado el límite de 1.000 por hora. Espera 3.600 segundos.", 3600),
        ("This is the second limit that you have hit. Please wait 60 seconds before trying again.", 60),
        ("Limit 3600, wait 3600", 3600),
        ("Error 420; 30", 30),
        # Nobody knows
        ("Wait 1 minute and 30 seconds", None),
        ("Limit 1000, wait 3600", None),
        ("At most 5 calls in 10 seconds; wait 60 seconds", None),
        ("Bekle 1 saat", None),
        ("Try again at 15:30.", None),
        ("Try again on 2026-11-28.", None),
        ("Try again on 28.11.2026.", None),
        ("Wait 30-60 seconds", None),
        ("Your address is 10.0.0.1", None),
        ("Version 1.2.3", None),
        ("Reference E420-7 x5 #12 id_9", None),
        ("You have used 100% of it.", None),
        ("The 2nd limit", None),
        ("Wait 1.000,000.5 seconds", None),
        ("Wait 12.34.56 seconds", None),
        ("Wait 1234,567,890 seconds", None),
        ("Wait -5 seconds", None),
        ("Wait \u22125 seconds", None),
        ("seconds", None),
        ("Wait some seconds", None),
        ("Wait 0.1234567890 seconds", None),
        ("9" * 5000 + " seconds", None),
        ("You have hit the rate limit.", None),
        ("Error 420", None),
        ("", None),
        ("x" * 2000 + " 60 seconds", None),
    ],
)
def test_what_a_text_means(text: str, seconds: int | None) -> None:
    assert retry_after({}, text, 420) == seconds


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("30", 30),
        (" 30 ", 30),
        ("0", 0),
        ("1.5", 2),
        ("2.0", 2),
        ("5.", 5),
        ("999999999", 86_400),
        # If the header is not a number of seconds, the text decides.
        ("9999999999", 3600),
        ("-1", 3600),
        (".5", 3600),
        ("1.2.3", 3600),
        ("٣", 3600),
        ("30 seconds", 3600),
        ("", 3600),
        ("soon", 3600),
    ],
)
def test_the_header_counts_before_the_text(header: str, seconds: int) -> None:
    assert retry_after({"retry-after": header}, TEXT, 420) == seconds


def in_three_ways(moment: datetime) -> list[str]:
    """Return a moment as RFC 9110 writes it, and in the two ways that recipients must still read."""
    return [
        format_datetime(moment, usegmt=True),
        moment.strftime("%A, %d-%b-%y %H:%M:%S GMT"),
        moment.strftime("%a %b %e %H:%M:%S %Y"),
    ]


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2060, 12, 1), timezones=st.just(UTC)),
    st.integers(-1000, 200_000),
    st.integers(0, 2),
    st.integers(0, 2),
)
def test_a_date_is_taken_from_the_date_of_the_answer(now: datetime, seconds: int, one: int, other: int) -> None:
    now = now.replace(microsecond=0)
    then = in_three_ways(now + timedelta(seconds=seconds))[other]
    headers = headers_of([("Date", in_three_ways(now)[one]), ("Retry-After", then)])
    assert retry_after(headers, "", 503) == min(max(0, seconds), LONGEST_WAIT)


def test_without_a_date_of_the_answer_the_clock_counts() -> None:
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=600), usegmt=True)
    found = retry_after(headers_of([("retry-after", then)]), "", 503)
    assert found is not None
    assert 500 < found <= 600


@pytest.mark.parametrize("then", ["Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 15 Jan 2100 08:00:30 GMT"])
def test_a_date_that_means_never_is_the_longest_wait(then: str) -> None:
    assert retry_after(headers_of([("retry-after", then)]), TEXT, 503) == LONGEST_WAIT


@pytest.mark.parametrize(
    "date", ["", "now", "Wed, 21 Oct 2026", "Wed, 21 Foo 2026 07:28:00 GMT", "2026-10-21T07:28:00Z"]
)
def test_without_a_date_the_text_counts(date: str) -> None:
    good = "Wed, 21 Oct 2026 07:28:00 GMT"
    assert retry_after(headers_of([("retry-after", date), ("date", good)]), TEXT, 420) == 3600
    assert retry_after(headers_of([("date", good)]), "", 420) is None


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=60))
def test_no_header_confuses_it(header: str, date: str, text: str) -> None:
    found = retry_after(headers_of([("retry-after", header), ("date", date)]), text, 420)
    assert found is None or 0 <= found <= LONGEST_WAIT
