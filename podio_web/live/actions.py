"""What ``Machine`` asks for. Its driver carries the actions out in their order."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeAlias

    from podio_web.errors import PodioError
    from podio_web.types import LiveStatus

    Action: TypeAlias = "Abort | Agreed | Deliver | Ended | Gap | Post | Renew | Status | Wait"


class Post:
    """Send ``messages`` and tell the machine ``answered`` or ``failed``, within ``timeout`` seconds.

    - ``is_main``: whether it belongs to the connection: handshakes and polls, one at a time. The others subscribe and
      unsubscribe, also one at a time.
    - ``sent_at``: when it was sent, in seconds since 1970.

    >>> Post([{"channel": "/meta/connect"}], 64.0, 0.0, is_main=True)
    <Post /meta/connect>
    """

    def __init__(self, messages: "list[dict[str, Any]]", timeout: float, sent_at: float, *, is_main: bool) -> None:
        self.messages = messages
        self.timeout = timeout
        self.sent_at = sent_at
        self.is_main = is_main

    def __repr__(self) -> str:
        return f"<Post {' '.join(message['channel'] for message in self.messages)}>"


class Abort:
    """Stop waiting for the answer to ``post``, and tell the machine nothing of it.

    >>> action = Abort(post)
    """

    def __init__(self, post: Post) -> None:
        self.post = post


class Wait:
    """Call ``Machine.elapsed(timer, now)`` after ``seconds``. A new Wait replaces one with the same ``timer``.

    ``seconds`` is None to stop the timer.

    >>> action = Wait("main", 2.5)
    """

    def __init__(self, timer: str, seconds: "float | None") -> None:
        self.timer = timer
        self.seconds = seconds


class Renew:
    """Read the carrier of ``channel`` anew, and tell the machine ``renewed``, ``not_renewed`` or ``gone``.

    >>> action = Renew("/item/6101")
    """

    def __init__(self, channel: str) -> None:
        self.channel = channel


class Agreed:
    """The subscription to ``channel`` was accepted.

    >>> action = Agreed("/item/6101")
    """

    def __init__(self, channel: str) -> None:
        self.channel = channel


class Ended:
    """The subscription to ``channel`` has ended with ``problem``.

    >>> action = Ended("/item/6101", problem)
    """

    def __init__(self, channel: str, problem: "PodioError") -> None:
        self.channel = channel
        self.problem = problem


class Deliver:
    """An event: ``data`` on ``channel``.

    >>> action = Deliver("/item/6101", {"event": "update"})
    """

    def __init__(self, channel: str, data: "Any") -> None:
        self.channel = channel
        self.data = data


class Gap:
    """Events on ``channels`` may have been missed.

    >>> action = Gap(["/item/6101"])
    """

    def __init__(self, channels: "list[str]") -> None:
        self.channels = channels


class Status:
    """The status is ``text`` now.

    >>> action = Status("live")
    """

    def __init__(self, text: "LiveStatus") -> None:
        self.text = text
