"""Channels, messages and private messages."""

import asyncio
import json
from typing import Any

from support import BusTest, new_channel, soon

from arqonbus.sdk import BusTimeoutError, LimitError, Message, NotFoundError, ValidationError


class MessageTest(BusTest):
    async def test_what_is_published_arrives_in_order(self) -> None:
        alice, bob, address = await self.client(), await self.client(), new_channel()
        async with bob.subscribe(address) as messages:
            positions = [await alice.publish(address, {"n": n}, metadata={"mine": n}) for n in range(3)]
            got = [await soon(messages.__anext__()) for _ in range(3)]
        self.assertEqual([message.payload["n"] for message in got], [0, 1, 2])
        self.assertEqual([message.metadata["mine"] for message in got], [0, 1, 2])
        self.assertEqual([(m.id, m.sequence, m.epoch) for m in got], [(p.id, p.sequence, p.epoch) for p in positions])
        self.assertEqual([p.sequence for p in positions], [1, 2, 3])
        first = got[0]
        self.assertEqual((first.type, first.sender, first.address), ("message", alice.client_id, address))
        self.assertEqual((first.gap, first.is_private), (None, False))
        self.assertEqual(bob.position(address), (3, first.epoch))

    async def test_concurrent_publishes_keep_the_order_of_the_calls(self) -> None:
        alice, address = await self.client(), new_channel()
        alice_joined = await alice.join(address)
        self.assertEqual((alice_joined.sequence, alice_joined.created, alice_joined.recovered), (0, True, None))
        positions = await asyncio.gather(*[alice.publish(address, {"n": n}) for n in range(200)])
        self.assertEqual([position.sequence for position in positions], list(range(1, 201)))

    async def test_more_publishes_than_may_wait_take_turns(self) -> None:
        alice, address = await self.client(max_waiting=3), new_channel()
        positions = await soon(asyncio.gather(*[alice.publish(address, {}) for _ in range(20)]))
        self.assertEqual([position.sequence for position in positions], list(range(1, 21)))

    async def test_what_is_too_long_for_the_server_is_refused_and_ends_nothing(self) -> None:
        alice, address = await self.client(), new_channel()
        assert alice.welcome is not None
        max_bytes = alice.welcome.limits["max_message_bytes"]
        room, channel = address.split(":")
        frame = {"type": "message", "id": "arq_1", "room": room, "channel": channel, "payload": {"text": ""}}
        text_of_frame = json.dumps({**frame, "metadata": {}, "ack": True}, separators=(",", ":"))
        spare = max_bytes - len(text_of_frame)
        text = "ü" * (spare // 2) + "x" * (spare % 2)
        self.assertEqual((await alice.publish(address, {"text": text}, id="arq_1")).sequence, 1)
        for ack in (True, False):
            with self.subTest(ack=ack), self.assertRaises(LimitError) as caught:
                await alice.publish(address, {"text": text + "x"}, id="arq_2", ack=ack)
            self.assertEqual((caught.exception.code, caught.exception.retry), ("LIMIT_EXCEEDED", False))
        self.assertEqual((await alice.publish(address, {})).sequence, 2)

    async def test_half_of_a_surrogate_pair_is_refused(self) -> None:
        alice = await self.client()
        with self.assertRaises(ValidationError):
            await alice.publish(new_channel(), {"text": "\ud800"})

    async def test_types_echo_and_no_acknowledgement(self) -> None:
        alice, address = await self.client(), new_channel()
        messages = alice.subscribe(address)
        await messages.start()
        position = await alice.publish(address, {"n": 1}, type="event", id="arq_mine.1", ack=False, echo=True)
        self.assertEqual((position.id, position.sequence), ("arq_mine.1", None))
        message = await soon(messages.__anext__())
        self.assertEqual((message.id, message.type), ("arq_mine.1", "event"))
        again = await alice.publish(address, {"n": 1}, id="arq_mine.1")
        self.assertEqual((again.sequence, again.duplicate), (message.sequence, True))

    async def test_a_refused_message_that_nobody_awaits_is_an_error_event(self) -> None:
        alice = await self.client()
        errors: list[Any] = []
        alice.on("error", errors.append)
        await alice.publish(new_channel(), [], ack=False)  # type: ignore[arg-type]
        await alice.ping()
        self.assertEqual([error.code for error in errors], ["VALIDATION_ERROR"])

    async def test_callbacks_plain_and_coroutine(self) -> None:
        alice, bob, address = await self.client(), await self.client(), new_channel()
        plain: list[int] = []
        slow: list[int] = []
        done = asyncio.Event()

        async def take(message: Message) -> None:
            await asyncio.sleep(0)
            slow.append(message.payload["n"])
            if len(slow) == 3:
                done.set()

        def fail(_message: Message) -> None:
            raise RuntimeError("of the user")

        with self.assertLogs("arqonbus", "ERROR"):
            bob.on_message(address, fail)
            remove = bob.on_message(address, lambda message: plain.append(message.payload["n"]))
            bob.on("message", take)
            await bob.join(address)
            for n in range(2):
                await alice.publish(address, {"n": n})
            await bob.ping()
            remove()
            await alice.publish(address, {"n": 2})
            await soon(done.wait())
        self.assertEqual((plain, slow), ([0, 1], [0, 1, 2]))

    async def test_leaving_ends_the_subscriptions(self) -> None:
        alice, bob, address = await self.client(), await self.client(), new_channel()
        messages = bob.subscribe(address)
        await messages.start()
        await alice.publish(address, {"n": 1})
        await bob.ping()
        await bob.leave(address)
        await alice.publish(address, {"n": 2})
        self.assertEqual([message.payload["n"] async for message in messages], [1])
        await bob.leave(address)
        self.assertIsNone(bob.position(address))

    async def test_closing_ends_the_subscriptions(self) -> None:
        bob = await self.client()
        messages, everything = bob.subscribe(new_channel()), bob.messages()
        await messages.start()
        await bob.close()
        self.assertEqual([message async for message in messages], [])
        self.assertEqual([message async for message in everything], [])

    async def test_an_unread_subscription_overflows_and_says_so(self) -> None:
        alice, bob, address = await self.client(), await self.client(), new_channel()
        messages = bob.subscribe(address, max_buffered=2)
        await messages.start()
        for n in range(3):
            await alice.publish(address, {"n": n})
        await bob.ping()
        self.assertEqual([(await messages.__anext__()).payload["n"] for _ in range(2)], [0, 1])
        with self.assertRaises(LimitError) as caught:
            await messages.__anext__()
        self.assertEqual(caught.exception.code, "OVERFLOW")
        with self.assertRaises(StopAsyncIteration):
            await messages.__anext__()

    async def test_whole_rooms_and_initial_addresses(self) -> None:
        address = new_channel()
        room = address.replace(":", "-")
        alice, bob = await self.client(), await self.client(room=room, channel="one")
        of_room, of_channel = bob.subscribe(room), bob.subscribe(f"{room}:one")
        await of_room.start()
        await of_channel.start()
        await alice.publish(room, {"to": "all"})
        await alice.publish(f"{room}:one", {"to": "one"})
        self.assertEqual((await soon(of_room.__anext__())).payload["to"], "all")
        self.assertEqual((await soon(of_channel.__anext__())).payload["to"], "one")
        with self.assertRaises(ValidationError):
            await bob.join(room)

    async def test_presence_is_told_to_who_asks(self) -> None:
        alice, address = await self.client(), new_channel()
        notices = alice.subscribe(address, presence=True)
        await notices.start()
        bob = await self.client()
        await bob.join(address)
        notice = await soon(notices.__anext__())
        self.assertEqual((notice.type, notice.payload["client_id"]), ("system", bob.client_id))

    async def test_history_and_a_join_that_goes_on_from_it(self) -> None:
        alice, bob, address = await self.client(), await self.client(), new_channel()
        for n in range(5):
            await alice.publish(address, {"n": n})
        history = await bob.history(address, limit=4)
        self.assertEqual([message.payload["n"] for message in history], [1, 2, 3, 4])
        newer = await bob.history(address, since=4)
        self.assertEqual([message.payload["n"] for message in newer], [4])
        messages = bob.subscribe(address, since=history[1])
        await messages.start()
        self.assertEqual([(await soon(messages.__anext__())).payload["n"] for _ in range(2)], [3, 4])
        joined = await bob.join(address, since=(1, history[0].epoch or ""))
        self.assertEqual((joined.recovered, joined.sequence), (True, 5))
        self.assertEqual([(await soon(messages.__anext__())).payload["n"] for _ in range(4)], [1, 2, 3, 4])
        with self.assertRaises(ValidationError):
            await bob.join(address, since=(1, None))  # type: ignore[arg-type]

    async def test_a_join_from_a_place_that_is_not_known_is_a_gap(self) -> None:
        alice, bob, address = await self.client(), await self.client(), new_channel()
        gaps: list[Any] = []
        bob.on("gap", gaps.append)
        messages = bob.subscribe(address, since=(7, "elsewhere"), gaps=True)
        await messages.start()
        position = await alice.publish(address, {})
        gap, message = await soon(messages.__anext__()), await soon(messages.__anext__())
        self.assertEqual((gap.address, gap.last, gap.next), (address, (7, "elsewhere"), (0, position.epoch)))
        self.assertEqual((message.gap, gaps), (gap, [gap]))
        await alice.publish(address, {})
        self.assertIsNone((await soon(messages.__anext__())).gap)

    async def test_private_messages(self) -> None:
        alice, bob = await self.client(), await self.client()
        inbox = bob.inbox()
        await inbox.start()
        missing = await alice.send([bob.client_id or "", "arq_client_gone"], {"text": "psst"})
        message = await soon(inbox.__anext__())
        self.assertEqual((message.payload["text"], message.sender, message.is_private), ("psst", alice.client_id, True))
        self.assertEqual(missing, ("arq_client_gone",))
        with self.assertRaises(NotFoundError) as caught:
            await alice.send("arq_client_gone", {})
        self.assertEqual(caught.exception.code, "TARGET_NOT_FOUND")

    async def test_requests_and_replies(self) -> None:
        alice, bob = await self.client(), await self.client()

        async def double(message: Message) -> None:
            if "n" in message.payload:
                await bob.reply(message, {"n": 2 * message.payload["n"]})

        bob.on("private", double)
        await bob.ping()
        answers = await soon(asyncio.gather(*[alice.request(bob.client_id or "", {"n": n}) for n in range(3)]))
        self.assertEqual([answer.payload["n"] for answer in answers], [0, 2, 4])
        with self.assertRaises(BusTimeoutError):
            await alice.request(bob.client_id or "", {}, timeout=0.05)
