"""The parts that need no server."""

import unittest
from typing import Any

from arqonbus import __version__
from arqonbus.sdk import Closure, Message, ReconnectPolicy
from arqonbus.sdk.channel import Channel
from arqonbus.sdk.dialer import Backoff
from arqonbus.sdk.errors import error_of_frame, error_of_refusal, make_error
from arqonbus.sdk.frames import decode, read_welcome
from arqonbus.sdk.socket import build_url, place_of


def message(sequence: int, epoch: str = "e") -> Message:
    return Message("arq_1", "message", "bob", "", "lab", "one", {}, {}, (), sequence, epoch)


def joined(sequence: int, epoch: str = "e", **more: Any) -> dict[str, Any]:
    return {"sequence": sequence, "epoch": epoch, **more}


class PartTest(unittest.TestCase):
    def test_close_codes_and_what_to_do(self) -> None:
        table = {
            "stop": [1000, 1002, 1003, 1007, 1008, 1009, 4400, 4403, 4409, 4999],
            "retry": [1001, 1005, 1006, 1011, 1012, 1013, 4408, 4428, 4429, 4430],
            "new token": [4401, 4410],
        }
        for verdict, codes in table.items():
            for code in codes:
                self.assertEqual(Closure.of(code).verdict, verdict, code)
        self.assertEqual(Closure.of(1012, '{"retry_ms": 250}').retry_after_ms, 250)
        for reason in ("", "soon", "[]", '{"retry_ms":"x"}', '{"retry_ms":true}', '{"retry_ms":1e99}'):
            self.assertIsNone(Closure.of(1012, reason).retry_after_ms, reason)

    def test_delays_grow_and_are_bounded(self) -> None:
        backoff = Backoff(ReconnectPolicy(min_delay=1, max_delay=8, max_attempts=100))
        for bound in (1, 2, 4, 8, 8):
            self.assertLessEqual(0 <= backoff.next(None) <= bound, True)
        self.assertTrue(3 <= backoff.next(3000) <= 4)
        backoff.reset()
        self.assertFalse(backoff.is_over)
        drawn = [Backoff(ReconnectPolicy(min_delay=1, max_delay=60)).next(None, True) for _ in range(200)]
        self.assertTrue(any(delay > 1 for delay in drawn) and all(delay <= 10 for delay in drawn))

    def test_a_channel_admits_each_place_once(self) -> None:
        channel = Channel("lab:one")
        channel.begin_entry(True)
        self.assertIsNone(channel.settle_entry(joined(4), None))
        self.assertEqual([channel.admit(message(n))[0] for n in (4, 5, 5, 7, 6)], [False, True, False, True, False])

    def test_while_a_channel_is_resumed_only_what_follows_the_answer_counts(self) -> None:
        channel = Channel("lab:one")
        channel.place = (4, "e")
        self.assertEqual(channel.begin_entry(True)["since"], 4)
        self.assertEqual(channel.admit(message(9)), (False, None))
        self.assertIsNone(channel.settle_entry(joined(9, recovered=True), None))
        self.assertEqual([channel.admit(message(n))[0] for n in (5, 9)], [True, True])

    def test_a_resumption_that_fails_after_something_was_passed_over_is_a_gap(self) -> None:
        channel = Channel("lab:one")
        channel.place = (4, "e")
        channel.begin_entry(True)
        self.assertIsNone(channel.abandon_entry())
        channel.begin_entry(True)
        channel.admit(message(5))
        self.assertIsNotNone(channel.abandon_entry())

    def test_every_gap_is_told_once_and_the_next_message_carries_it(self) -> None:
        channel = Channel("lab:one")
        channel.place = (4, "e")
        channel.begin_entry(True)
        gap = channel.settle_entry(joined(2, "f", recovered=False), None)
        assert gap is not None
        self.assertEqual((gap.last, gap.next), ((4, "e"), (2, "f")))
        _, second = channel.admit(message(1, "g"))
        assert second is not None
        self.assertEqual((second.last, second.next), ((4, "e"), (1, "g")))
        self.assertEqual(channel.label(message(1, "g")).gap, second)
        self.assertIsNone(channel.label(message(2, "g")).gap)

    def test_addresses_are_built_and_shown_without_secrets(self) -> None:
        url = build_url("ws://u:p@host:1/x?token=t&room=old", {"room": "lab", "channel": None})
        self.assertEqual(url, "ws://u:p@host:1/x?token=t&room=lab")
        self.assertEqual(place_of(url), "ws://host:1")

    def test_errors_are_read_from_whatever_comes(self) -> None:
        error = error_of_frame({"type": "error", "error_code": "RATE_LIMITED", "retry": True, "retry_after_ms": 20})
        self.assertEqual((type(error).__name__, error.retry_after_ms, error.faults), ("RateLimitedError", 20, ()))
        self.assertEqual(error_of_frame({"payload": {"errors": "x"}}).code, "INTERNAL_ERROR")
        self.assertEqual(error_of_refusal("ws://h", 502, "<html>", "soon", False).code, "REFUSED")
        self.assertEqual(error_of_refusal("ws://h", 401, "", None, True).code, "AUTH_INVALID")
        self.assertEqual(make_error("NEW_CODE", "x").code, "NEW_CODE")
        for text in ("[]", "x", "{}", '{"payload":{"welcome":"hi"}}', "[" * 100_000):
            self.assertIsNone(read_welcome(text))
        self.assertIsNone(decode("[1]"))

    def test_the_version_is_one(self) -> None:
        self.assertRegex(__version__, r"^\d+\.\d+\.\d+$")
