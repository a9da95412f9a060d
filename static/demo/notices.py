"""What a person must know, in plain words at the page's lower edge.

A notice tells what has just happened; the next one takes its place, and Escape takes it away. One with something to
choose gets the focus, unless the person is typing. A bar tells what lasts for now, such as being offline, and stays
until that is over.
"""

from js import document, window
from page import listen, make, one

_bars = {}
_functions = {}
_focus_before = [None]
_when_connected = [None]


def notice(kind, headline, text="", choices=(), when_connected=None):
    """Show the notice.

    ``kind`` is info, success or problem; ``choices`` are ``(button text, plain function)``. ``when_connected`` is done
    when the connection is back, if the notice is still there.
    """
    region = one("notice")
    before = document.activeElement
    _remember_focus(before)
    had_focus = region.contains(before)
    dismiss()
    _when_connected[0] = when_connected
    region.setAttribute("aria-live", "assertive" if kind == "problem" else "polite")
    region.setAttribute("data-kind", kind)
    _write(region, "notice", headline, text, choices, "Dismiss")
    if had_focus or (choices and not (before and before.matches("input, textarea, select"))):
        region.focus()


def dismiss():
    """Take the notice away. If it had the focus, it gives it back."""
    had_focus = one("notice").contains(document.activeElement)
    _functions.pop("notice", None)
    _when_connected[0] = None
    one("notice").replaceChildren()
    if had_focus:
        _restore_focus()


def typing_goes_on():
    """Take a good message away once the person does something else; a problem stays until it is dealt with."""
    if _functions.get("notice") or one("notice").getAttribute("data-kind") != "success":
        return
    dismiss()


def connected():
    """Do what the notice waits for a connection with."""
    function = _when_connected[0]
    if function:
        dismiss()
        function()


def bar(name, headline, text, choices=(), close=None):
    """Show a bar until it is lifted, or by a button with the text ``close``; of each name there is one."""
    _remember_focus(document.activeElement)
    lift(name)
    _bars[name] = make("div", class_name="notice")
    _bars[name].setAttribute("data-testid", name.replace("_", "-"))
    _write(_bars[name], name, headline, text, choices, close)
    one("bars").append(_bars[name])


def is_up(name):
    """Return whether a bar is shown."""
    return name in _bars


def rewrite(name, text):
    """Change the text of a bar, which is a timer from then on: screen readers do not read every second aloud."""
    if name in _bars:
        words = _bars[name].querySelector("p")
        words.setAttribute("role", "timer")
        words.textContent = text


def lift(*names):
    """Take bars away."""
    for name in names:
        if name in _bars:
            had_focus = _bars[name].contains(document.activeElement)
            _functions.pop(name)
            _bars.pop(name).remove()
            if had_focus:
                _restore_focus()


def follow_notices():
    """Make the buttons work. One listener serves all of them."""

    def clicked(event):
        button = event.target.closest("button")
        if not button:
            return
        name, number = button.getAttribute("data-of"), button.getAttribute("data-choice")
        function = None if number == "none" else _functions[name][int(number)]
        if name == "notice":
            dismiss()
        else:
            lift(name)
        if function:
            function()

    def pressed(event):
        if event.key == "Escape" and not event.isComposing and one("notice").firstChild:
            dismiss()

    listen(one("notices"), "click", clicked)
    listen(window, "keydown", pressed)
    # relatedTarget is where the focus comes from: a person may have gone on typing since the bar was shown.
    listen(one("notices"), "focusin", lambda event: _remember_focus(event.relatedTarget))


def _remember_focus(element):
    if element and not one("notices").contains(element):
        _focus_before[0] = element


def _restore_focus():
    before = _focus_before[0]
    (before if before and before.checkVisibility() else one("main")).focus()


def _write(region, name, headline, text, choices, close):
    words = make("div", class_name="notice-words")
    words.append(make("strong", headline))
    if text:
        words.append(make("p", text))
    region.append(words)
    _functions[name] = [function for title, function in choices]
    titles = [title for title, function in choices] + ([close] if close else [])
    if not titles:
        return
    actions = make("div", class_name="notice-actions")
    for number, title in enumerate(titles):
        closes = number == len(choices)
        button = make(
            "button",
            title,
            "secondary outline small" if number or closes else "small",
            of=name,
            choice="none" if closes else number,
        )
        button.type = "button"
        actions.append(button)
    if close:
        actions.lastElementChild.setAttribute("data-testid", "dismiss-" + name.replace("_", "-"))
    region.append(actions)
