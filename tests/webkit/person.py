"""A person on the sandbox's sign-in pages."""

from tests.webkit.driver import Window


def by_test_id(name: str) -> str:
    """Return the selector of an element."""
    return f'[data-testid="{name}"]'


def enter_password(window: Window, password: str = "demo") -> None:
    """Fill in the sign-in page."""
    window.type(by_test_id("login-username"), "demo@example.com")
    window.type(by_test_id("login-password"), password)
    window.click(by_test_id("login-submit"))


def allow(popup: Window) -> None:
    """Sign in and consent; the popup closes itself."""
    enter_password(popup)
    consent(popup)


def consent(popup: Window) -> None:
    """Consent; the popup closes itself."""
    popup.closing(lambda: popup.click(by_test_id("consent-allow")))


def deny(popup: Window) -> None:
    """Sign in and refuse; the popup closes itself."""
    enter_password(popup)
    popup.closing(lambda: popup.click(by_test_id("consent-deny")))
