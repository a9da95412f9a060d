"""Rate limits: https://developers.podio.com/index/limits."""

from __future__ import annotations

import re

from tests.sandbox.sandbox_support import CLIENT, DEMO, OTHER, Answer, Caller


def remaining(answer: Answer) -> tuple[str, str]:
    return answer.headers["x-rate-limit-limit"], answer.headers["x-rate-limit-remaining"]


def test_each_call_tells_of_its_own_pool(demo: Caller) -> None:
    assert remaining(demo.get("/user/status")) == ("1000", "999")
    assert remaining(demo.post("/item/app/3001/filter/", {})) == ("250", "249")
    assert remaining(demo.get("/item/app/3001/count")) == ("250", "248")
    assert remaining(demo.get("/item/1")) == ("1000", "998")


def test_counted_per_person_and_key(podio: Caller) -> None:
    tokens = [podio.issue(), podio.issue(), podio.issue(OTHER), podio.issue(client_id="other-client")]
    answers = [podio.get("/user/status", token=token) for token in tokens]
    assert [remaining(answer)[1] for answer in answers] == ["999", "998", "999", "999"]


def test_the_limit(demo: Caller) -> None:
    demo.settings(general_limit=2)
    assert [demo.get("/user/status").status for _ in range(3)] == [200, 200, 420]
    demo.advance(60)
    answer = demo.get("/user/status")
    assert answer.json["error"] == "rate_limit"
    waiting = re.fullmatch(
        r"You have hit the rate limit\. Please wait (\d+) seconds before trying again\.",
        answer.json["error_description"],
    )
    assert waiting is not None
    assert 3500 <= int(waiting[1]) <= 3540
    assert remaining(answer) == ("2", "0")
    assert "retry-after" not in answer.headers


def test_after_one_limit_is_hit_all_calls_are_refused_until_the_hour_is_over(demo: Caller) -> None:
    demo.settings(heavy_limit=1)
    statuses = [demo.get("/item/app/3001/count").status for _ in range(2)]
    assert statuses == [200, 420]
    assert demo.get("/user/status").status == 420
    assert demo.get("/user/status", token=demo.issue(OTHER)).status == 200
    demo.advance(3540)
    assert demo.get("/user/status").status == 420
    demo.advance(70)
    assert demo.get("/user/status").status == 200


def test_signing_in_counts(podio: Caller) -> None:
    podio.settings(general_limit=2)
    body = {"grant_type": "password", "username": DEMO, "password": "demo", **CLIENT}
    assert [podio.post("/oauth/token/v2", body).status for _ in range(3)] == [200, 200, 420]


def test_calls_without_a_good_token_do_not_count(demo: Caller) -> None:
    for _ in range(3):
        demo.get("/user/status", token="bogus")
        demo.get("/user/status", token=None)
    assert remaining(demo.get("/user/status"))[1] == "999"
