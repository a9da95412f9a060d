"""What the demo needs of the page: elements and listeners."""

from js import document
from pyscript.ffi import create_proxy


def one(name):
    """Return the element with this id."""
    return document.getElementById(name)


def make(tag, text="", class_name="", **data):
    """Return a new element. Text is set as text, never parsed as HTML: it may come from anybody."""
    element = document.createElement(tag)
    element.textContent = text
    if class_name:
        element.className = class_name
    for key in data:
        element.setAttribute("data-" + key, str(data[key]))
    return element


def make_name(tag, text, class_name=""):
    """Return a new element for what people have written: it runs in its own direction, whatever is around it."""
    element = make(tag, text, class_name)
    element.dir = "auto"
    return element


def fill(select, choices, group=""):
    """Add ``(value, text)`` choices to a select box, under a heading if ``group`` has a text."""
    target = select
    if group:
        target = make("optgroup")
        target.label = group
        select.append(target)
    for value, text in choices:
        option = make_name("option", text or "(no name)")
        option.value = str(value)
        target.append(option)


def show(name, visible=True):
    """Show or hide the element with this id."""
    one(name).hidden = not visible


def listen(target, event, handler):
    """Call a plain function on an event, as long as the page lives: hence a proxy that is kept."""
    target.addEventListener(event, create_proxy(handler))
